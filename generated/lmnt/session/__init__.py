"""Sessions over a WebSocket: `protocol` decides with no I/O, `sync` and `asynchronous` move the messages.

Imports hints, errors, values, settings, transport, streams and calls.
"""
