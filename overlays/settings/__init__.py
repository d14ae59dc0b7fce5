"""The settings of a client and of a call, and what is decided by them: retries, the deadline, the log.

Imports hints, errors and values.
"""
