"""The study's steps from images to scores, one module a family of models.

Torch is imported where a step is computed, not where its result is found, so that a chapter whose
artifacts are in place opens at once.
"""
