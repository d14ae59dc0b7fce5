"""The command line of the package, which needs Click and Rich.

Imports errors, values, settings, transport, streams, audio and bulk.
"""
