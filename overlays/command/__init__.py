"""The command line of the package, which needs Click and Rich.

Imports errors, hints, values, settings, transport, streams and calls.
"""
