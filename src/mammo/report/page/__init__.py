"""A report as one HTML file: `blocks`, a small vocabulary, and `render`, how they look."""
