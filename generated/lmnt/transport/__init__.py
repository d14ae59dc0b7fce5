"""Sending requests and receiving responses, by two roads: a direct one, and one through a library (`httpx`, `httpx2`).

`messages` has the request and the response, `roads` chooses the road. Only `library` imports httpx, when needed.

Imports hints, errors, values and settings.
"""
