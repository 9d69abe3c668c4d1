"""How much an institution's own data would help a model."""
