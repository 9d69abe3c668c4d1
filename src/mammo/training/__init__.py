"""Training, one module a family of models.

The loop is `fit`, which keeps a `checkpoint`; what is special has `transfer`, `end2end` with its
`patches`, and `frcnn_cad` with `frcnn_cad_losses` and `frcnn_cad_start`; `linear_head` is trained
without the loop. What goes in: `samples`, and `features` computed once. What comes out:
`prediction`, `detection`. How it is computed: `devices`, `batch_norm`.
"""
