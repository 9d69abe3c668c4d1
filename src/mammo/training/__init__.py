"""Training, one module a family of models."""
