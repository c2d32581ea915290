"""Plain validated data; imports nothing of the other packages."""
