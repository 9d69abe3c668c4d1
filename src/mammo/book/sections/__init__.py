"""What the chapters show: a module a chapter, a function a section of it."""
