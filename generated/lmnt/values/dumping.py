"""Models written as plain values and as JSON text: which fields, under which names, and in which form."""

from __future__ import annotations

import json
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from typing import cast

import attrs

from ..errors import InvalidArgumentError
from .formats import text_of
from .model import Model, fields_of


def as_json(value: object, indent: int | None) -> str:
    """Return plain values as JSON text, in one line if `indent` is None."""
    return json.dumps(value, indent=indent, ensure_ascii=False, separators=(",", ":") if indent is None else None)


@dataclass(frozen=True, slots=True)
class Form:
    """How models are written; see Model.to_dict."""

    mode: str
    by_alias: bool
    exclude_unset: bool
    exclude_defaults: bool
    exclude_none: bool

    def __post_init__(self) -> None:
        if self.mode not in ("json", "python"):
            raise InvalidArgumentError(f"mode must be 'json' or 'python'; got {self.mode!r}")

    def dump(
        self, model: Model, include: Iterable[str] | None = None, exclude: Iterable[str] | None = None
    ) -> dict[str, object]:
        """Return a model as plain values; `include` and `exclude` are names of attributes."""
        defaults = {each.name: each.default for each in attrs.fields(type(model))}
        nulls = model._nulls  # pyright: ignore[reportPrivateUsage]  # the model's own, for this class alone
        found: dict[str, tuple[str, object]] = {}
        for attribute, field in fields_of(type(model)).items():
            value = cast("object", getattr(model, attribute))
            is_unset = value is None and field.may_lack and attribute not in nulls
            if (
                (self.exclude_unset and is_unset)
                or (self.exclude_none and value is None)
                or (self.exclude_defaults and value == defaults[attribute])
            ):
                continue
            found[field.name if self.by_alias else attribute] = (attribute, value)
        found |= {name: (name, value) for name, value in model.additional_properties.items()}
        wanted, unwanted = None if include is None else set(include), set(exclude or ())
        return {
            name: self._plain(value)
            for name, (attribute, value) in found.items()
            if (wanted is None or attribute in wanted) and attribute not in unwanted
        }

    def _plain(self, value: object) -> object:
        match value:
            case Model():
                return self.dump(value)
            case Mapping():
                return {key: self._plain(item) for key, item in cast("Mapping[str, object]", value).items()}
            case list() | tuple():
                return [self._plain(item) for item in cast("Sequence[object]", value)]
            case _:
                text = text_of(value) if self.mode == "json" else None
                return value if text is None else text
