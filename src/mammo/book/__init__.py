"""The book: its chapters, what they show, and how they become pages."""
