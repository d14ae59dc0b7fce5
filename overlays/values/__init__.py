"""Conversion of values: JSON to Python and back, and arguments to what is sent.

Imports hints and errors.
"""
