"""The book's figures, each a `Picture` with its text alternative; one module a figure."""
