"""What scripts/regenerate.py is made of: the description, the rendering, and the putting in place."""
