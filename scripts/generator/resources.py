"""The operations of a package by the resource that has them, those that were left out among them."""

from __future__ import annotations

from collections.abc import Set as AbstractSet
from dataclasses import dataclass

from .calls import Call
from .description import RawOperation
from .naming import class_name


@dataclass(frozen=True)
class LeftOutCall:
    """An operation that the package has not, and why."""

    operation: RawOperation
    reason: str

    @property
    def key(self) -> tuple[str, str]:
        """The HTTP method and the path."""
        return self.operation.method, self.operation.path


class Resource:
    """The operations of one tag."""

    def __init__(self, tag: str, about: str, taken: AbstractSet[str]) -> None:
        self.tag = tag
        self.about = about
        self.calls: list[Call] = []
        self.left_out: list[LeftOutCall] = []
        self.class_name = f"{class_name(tag)}Resource"
        # A tag `pet` and a schema `PetResource` are two things, and so are the tags `async_pet` and `pet`.
        while not taken.isdisjoint(self.classes):
            self.class_name += "Group"

    @property
    def classes(self) -> list[str]:
        """The classes that its module has."""
        endings = ("", "WithRawResponse", "WithStreamingResponse")
        return [f"{prefix}{self.class_name}{ending}" for prefix in ("", "Async") for ending in endings]
