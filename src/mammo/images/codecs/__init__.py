"""Pixels in files: each codec decoded, or checked, so that no part can be missing unseen."""
