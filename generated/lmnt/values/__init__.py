"""Python values made of JSON and written to it, and arguments as what can be sent.

Imports hints and errors.
"""
