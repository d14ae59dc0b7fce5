"""The sentinels of arguments that were not given, where None would mean something else."""

from __future__ import annotations

from typing import Any, Literal, Self, cast

__all__ = ["NOT_GIVEN", "NotGiven", "Omit", "not_given", "omit"]


_MADE: dict[type[Omit], Omit] = {}


class Omit:
    """The type of `omit`."""

    def __new__(cls) -> Self:
        """Return the singleton, so that copies and pickles are identical to it."""
        return cast("Self", _MADE.setdefault(cls, super().__new__(cls)))

    def __reduce__(self) -> tuple[type[Self], tuple[()]]:
        return type(self), ()

    def __bool__(self) -> Literal[False]:
        return False

    def __repr__(self) -> str:
        return "omit"

    @classmethod
    def __get_pydantic_core_schema__(cls, source: object, handler: object) -> dict[str, Any]:
        """Return the pydantic schema, for libraries of agents: JSON null stands for an argument that is not given."""
        from .pydantic_schemas import checked

        return checked(cls._of_json, lambda _: None)

    @classmethod
    def __get_pydantic_json_schema__(cls, schema: object, handler: object) -> dict[str, Any]:
        return {"type": "null"}

    @classmethod
    def _of_json(cls, value: object) -> Self:
        if value is None or isinstance(value, cls):
            return cls()
        raise ValueError("not given")


class NotGiven(Omit):
    """The type of `not_given`, which leaves a request field out as `omit` does."""

    def __repr__(self) -> str:
        return "NOT_GIVEN"


omit = Omit()
"""The default of every optional request field: the field is left out, and the server's own default holds."""

not_given = NotGiven()
"""The default of every per-call setting, such as `timeout`: the client's own setting holds."""

NOT_GIVEN = not_given
"""Another name of `not_given`."""
