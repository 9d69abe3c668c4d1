"""External validation on a hospital's own images, or of anybody's scores for them."""
