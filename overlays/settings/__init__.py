"""What a client and a call are told, and what follows from that: retries, the deadline, the log.

Imports hints, errors and values.
"""
