"""The commands that are written by hand, a module each: its `command` is the command, its first line what it is for."""
