"""Response bodies, step by step: whether they are complete, and the items read from them.

Imports errors, values and transport.
"""
