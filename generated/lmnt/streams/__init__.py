"""Whether a body came whole, and what is made of it step by step.

Imports errors, values and transport.
"""
