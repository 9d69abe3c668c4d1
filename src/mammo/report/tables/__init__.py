"""The book's tables: data frames in, what a reader sees out."""
