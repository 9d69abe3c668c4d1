"""What the reader sees: the paper's numbers, tables, sentences and figures."""
