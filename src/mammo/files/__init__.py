"""Files: whole or absent, named by what they depend on, and read as people have them."""
