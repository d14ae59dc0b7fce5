"""Types that signatures name: those of httpx, the sentinels of omitted arguments, the schemas for pydantic.

Imports no other room.
"""
