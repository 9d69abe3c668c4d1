"""Dataset shift: is a set of images like the one that the models were trained on?

Looks at prepared images alone, which is what the models see: neither labels nor scores take part. A
set that can be told from the training set need not be one on which a model fails.
"""
