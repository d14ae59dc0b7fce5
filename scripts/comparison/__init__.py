"""The comparison behind scripts/changes.py: two trees, their differences, and the next version."""
