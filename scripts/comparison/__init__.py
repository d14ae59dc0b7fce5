"""What scripts/changes.py is made of: two trees, what differs between them, and what follows for a release."""
