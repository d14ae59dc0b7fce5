"""Attributes of a client that are made at their first use and that tools can see on its class."""

from __future__ import annotations

from functools import cached_property
from typing import TYPE_CHECKING, get_type_hints

if TYPE_CHECKING:
    lazy_property = cached_property
else:

    class lazy_property(cached_property):  # noqa: N801  # a decorator, as its base is
        """A cached property; read on the class, it gives the class of its value.

        `unittest.mock.create_autospec` looks at the class alone, and so finds the methods of a resource.
        """

        def __get__(self, instance: object, owner: type | None = None) -> object:
            return get_type_hints(self.func)["return"] if instance is None else super().__get__(instance, owner)
