"""Real evidence on the paper's question that needs none of its images.

A module for each kind. What is computed from others' files is kept as results in ``recorded/``, so
that it can be read where the files are not; see `mammo.evidence.recorded`.
"""
