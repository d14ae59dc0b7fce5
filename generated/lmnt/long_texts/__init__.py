"""Texts longer than one request takes: their pieces, asked for several at once, and their audio as one file.

Imports hints, errors, values, settings, transport, streams and calls.
"""
