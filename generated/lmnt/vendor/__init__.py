"""Vendoring: copies of this package in other repositories, under any name: `python -m <this package>.vendor --help`.

Imports no other room.
"""
