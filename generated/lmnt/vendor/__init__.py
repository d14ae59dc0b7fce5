"""Copies of this package in other repositories, under any name: `python -m <this package>.vendor --help`."""
