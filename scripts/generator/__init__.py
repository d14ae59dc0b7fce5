"""The generator behind scripts/regenerate.py: it reads the description, renders the package and puts it in place."""
