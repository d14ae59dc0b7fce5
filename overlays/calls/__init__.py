"""One call, from its arguments to its result.

Imports hints, errors, values, settings, transport and streams.
"""
