"""Requests out and responses in, by two roads: a direct one, and one by a library (`httpx`, `httpx2`).

`messages` says what goes and comes, `roads` which way. Only `library` imports httpx, and only when something needs it.

Imports hints, errors, values and settings.
"""
