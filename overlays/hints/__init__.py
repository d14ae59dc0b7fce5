"""What signatures name: types of httpx, arguments that were not given, what pydantic is told.

Imports no other room.
"""
