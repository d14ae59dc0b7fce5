"""Differences between two schemas, and their effects, which depend on the direction of the data."""

from __future__ import annotations

from collections.abc import Callable, Collection, Iterator, Mapping
from dataclasses import dataclass, replace
from typing import Any, Literal

from .change import Change, Effect, token
from .shape import ABSENT, Schemas, Shape

NOTE, ADDITION, BREAKING = Effect.NOTE, Effect.ADDITION, Effect.BREAKING

Side = Literal["request", "response"]

# What a difference means in a request, and in a response. Taking less breaks those who send; giving more than before
# breaks those who read, but for fields and values: reading keeps what it does not know.
EFFECTS: Mapping[str, tuple[Effect, Effect]] = {
    "type changed": (BREAKING, BREAKING),
    "type narrowed": (BREAKING, NOTE),
    "type widened": (ADDITION, BREAKING),
    "null refused": (BREAKING, NOTE),
    "null allowed": (ADDITION, BREAKING),
    "value removed": (BREAKING, NOTE),
    "value added": (ADDITION, ADDITION),
    "constant changed": (BREAKING, BREAKING),
    "values limited": (BREAKING, NOTE),
    "values opened": (ADDITION, ADDITION),
    "required field added": (BREAKING, ADDITION),
    "field added": (ADDITION, ADDITION),
    "field removed": (BREAKING, BREAKING),
    "field became required": (BREAKING, NOTE),
    "field became optional": (ADDITION, BREAKING),
    "limit narrowed": (BREAKING, NOTE),
    "limit widened": (ADDITION, NOTE),
    "format changed": (BREAKING, BREAKING),
    "format added": (BREAKING, NOTE),
    "format removed": (ADDITION, BREAKING),
    "default changed": (BREAKING, NOTE),
    "default stated": (NOTE, NOTE),
    "default withdrawn": (NOTE, NOTE),
    "alternative removed": (BREAKING, NOTE),
    "alternative added": (ADDITION, BREAKING),
    "tagged alternative added": (ADDITION, ADDITION),
    "closed": (BREAKING, NOTE),
    "opened": (ADDITION, NOTE),
    "deprecated": (NOTE, NOTE),
    "extension changed": (NOTE, NOTE),
    "rule changed": (BREAKING, BREAKING),
}

# For each limit, whether a greater number allows more.
LIMITS = {
    **dict.fromkeys(("maximum", "exclusiveMaximum", "maxLength", "maxItems", "maxProperties"), True),
    **dict.fromkeys(("minimum", "exclusiveMinimum", "minLength", "minItems", "minProperties"), False),
}
# Limits of which no one is more than another: a new one allows something else.
RULES = ("pattern", "multipleOf", "uniqueItems")

# What is compared by rules of its own, and what is said to people alone.
COMPARED = {
    *(*LIMITS, *RULES, "type", "format", "default", "enum", "const", "deprecated", "oneOf", "anyOf", "discriminator"),
    *("properties", "required", "items", "additionalProperties"),
    *("title", "summary", "description", "example", "examples", "externalDocs", "$comment"),
}

# Formats that say how to show a value, not which ones there are.
DISPLAY_FORMATS = {"password"}


@dataclass(frozen=True)
class Place:
    """Where a schema is: what people call it, which way its data goes, and the names its Python side is found by."""

    text: str
    side: Side
    operation: str
    component: str = ""
    names: frozenset[str] = frozenset()

    def at(self, name: str) -> Place:
        """Return the place of a property, by its name, or of an array's items, by `[]`."""
        if name == "[]":
            return replace(self, text=f"{self.text}[]")
        names = frozenset({token(name), f"{token(self.component)}.{token(name)}"})
        return replace(self, text=f"{self.text}.{name}", names=names)

    def within(self, component: str) -> Place:
        """Return the same place, called by the component that it holds, if it does: so readers know it."""
        if not component:
            return self
        return replace(self, text=component, component=component, names=frozenset({token(component)}))


Tell = Callable[[str, str], Change]


class Comparison:
    """The schemas of two descriptions, compared."""

    def __init__(self, old: Schemas, new: Schemas) -> None:
        self.old = old
        self.new = new

    def changes(self, old: Any, new: Any, place: Place, above: Collection[tuple[str, str]] = ()) -> Iterator[Change]:
        """Yield what differs.

        Args:
            old: The schema as it was.
            new: The schema as it is.
            place: Where it stands.
            above: The pairs of components it stands in, so that a schema that holds itself comes to an end.
        """
        was, now = self.old.shape(old), self.new.shape(new)
        # A default, null and the like belong to the place where they stand, the rest to the component.
        yield from _settings(was, now, place)
        pair = (was.name, now.name)
        if all(pair) and pair in above:
            return
        above = {*above, pair}
        place = place.within(now.name)

        def tell(kind: str, text: str) -> Change:
            return change_at(place, kind, text)

        if was.variants or now.variants:
            yield from self._variants(was, now, place, above)
            if not (was.variants and now.variants):
                return
        yield from _tags(was, now, tell)
        yield from _types(was, now, tell)
        yield from _values(was, now, tell)
        yield from _limits(was, now, tell)
        yield from self._properties((old, was), (new, now), place, above)
        yield from _others(was, now, tell)
        if "array" in was.types & now.types and not was.items is now.items is None:
            yield from self.changes(was.items, now.items, place.at("[]"), above)

    def _variants(self, was: Shape, now: Shape, place: Place, above: Collection[tuple[str, str]]) -> Iterator[Change]:
        before = was.variants or {was.name or "/".join(sorted(was.types)): was.keywords}
        after = now.variants or {now.name or "/".join(sorted(now.types)): now.keywords}
        for name in before.keys() - after.keys():
            yield change_at(place, "alternative removed", f"is no `{name}` any more", name)
        for name in after.keys() - before.keys():
            yield change_at(place, f"{'tagged ' * now.tagged}alternative added", f"may be a `{name}` too", name)
        for name in sorted(before.keys() & after.keys()):
            yield from self.changes(before[name], after[name], place, above)

    def _properties(
        self, before: tuple[Any, Shape], after: tuple[Any, Shape], place: Place, above: Collection[tuple[str, str]]
    ) -> Iterator[Change]:
        (old, was), (new, now) = before, after

        def at(schemas: Schemas, schema: Any, name: str) -> Place:
            """Return the place of a property where it is written: one change there is one for all that build on it."""
            inner = place.within(schemas.owner(schema, name)).at(name)
            return replace(inner, names=inner.names | place.at(name).names)

        added = now.properties.keys() - was.properties.keys()
        for name in sorted(was.properties.keys() - now.properties.keys()):
            same = [each for each in added if self._is_same(was.properties[name], now.properties[each])]
            hint = f"; `{same[0]}` is new and like it" if len(same) == 1 else ""
            yield change_at(at(self.old, old, name), "field removed", f"was removed{hint}")
        for name in sorted(added):
            required = name in now.required
            kind, text = ("required field added", "is new, and required") if required else ("field added", "is new")
            yield change_at(at(self.new, new, name), kind, text)
        for name in sorted(was.properties.keys() & now.properties.keys()):
            inner = at(self.new, new, name)
            if name in now.required - was.required:
                yield change_at(inner, "field became required", "is required")
            if name in was.required - now.required:
                yield change_at(inner, "field became optional", "is optional")
            yield from self.changes(was.properties[name], now.properties[name], inner, above)
        if (was.rest is False) != (now.rest is False):
            text = "holds no other fields any more" if now.rest is False else "may hold other fields"
            yield change_at(place, "closed" if now.rest is False else "opened", text)
        elif "object" in was.types & now.types and any(isinstance(each.rest, Mapping) for each in (was, now)):
            yield from self.changes(was.rest, now.rest, place.at("*"), above)

    def _is_same(self, old: Any, new: Any) -> bool:
        return not list(self.changes(old, new, Place("", "request", "")))


def change_at(place: Place, kind: str, text: str, *names: str) -> Change:
    """Return a change of what is at a place; what it means follows from the direction."""
    effect = EFFECTS[kind][place.side == "response"]
    return Change(
        layer="API",
        effect=effect,
        kind=f"{place.side} {kind}",
        text=f"{place.side} `{place.text}` {text}",
        operations=(place.operation,),
        names=place.names | {token(name) for name in names},
    )


def _tags(was: Shape, now: Shape, tell: Tell) -> Iterator[Change]:
    old, new = (each.keywords.get("discriminator", {}) for each in (was, now))
    if not (old and new):
        return
    tag = new["propertyName"]
    if tag != old["propertyName"]:
        yield tell("rule changed", f"is told apart by `{tag}`, was by `{old['propertyName']}`")
        return
    before, after = ({k: v.rpartition("/")[2] for k, v in each.get("mapping", {}).items()} for each in (old, new))
    for value, name in before.items():
        # Without a mapping, the name of a schema is its value.
        if after.get(value, value) != name:
            is_now = f"`{after[value]}`" if value in after else "not told"
            yield tell("rule changed", f"with the `{tag}` {value} is {is_now}, was `{name}`")


def _types(was: Shape, now: Shape, tell: Tell) -> Iterator[Change]:
    lost, gained = was.types - now.types, now.types - was.types
    if lost or gained:
        kind = "type changed" if lost and gained else "type narrowed" if lost else "type widened"
        yield tell(kind, f"is {_listed(now.types)}, was {_listed(was.types)}")
    old, new = (each.keywords.get("format") for each in (was, now))
    if old != new and not {old, new} & DISPLAY_FORMATS:
        kind = "format added" if old is None else "format removed" if new is None else "format changed"
        yield tell(kind, f"has {f'the format `{new}`' if new else 'no format'}, had {f'`{old}`' if old else 'none'}")


def _listed(types: frozenset[str]) -> str:
    names = types - {"integer"} if "number" in types else types
    return "of any type" if len(names) > 4 else " or ".join(sorted(names))


def _values(was: Shape, now: Shape, tell: Tell) -> Iterator[Change]:
    if was.values is None or now.values is None:
        if was.values is not None:
            yield tell("values opened", f"may have any value, not only {', '.join(was.values)}")
        if now.values is not None:
            yield tell("values limited", f"can only be {', '.join(now.values)}")
        return
    if len(was.values) == len(now.values) == 1 and was.values != now.values:
        yield tell("constant changed", f"is always {now.values[0]}, was {was.values[0]}")
        return
    for value in was.values:
        if value not in now.values:
            yield tell("value removed", f"is never {value} any more")
    for value in now.values:
        if value not in was.values:
            yield tell("value added", f"may be {value}")


def _limits(was: Shape, now: Shape, tell: Tell) -> Iterator[Change]:
    for keyword, more_is_wider in LIMITS.items():
        old, new = was.keywords.get(keyword), now.keywords.get(keyword)
        if old != new:
            wider = new is None or (old is not None and (new > old) == more_is_wider)
            yield tell("limit widened" if wider else "limit narrowed", _turned(keyword, old, new))
    for keyword in RULES:
        old, new = was.keywords.get(keyword) or None, now.keywords.get(keyword) or None
        if old != new:
            yield tell("limit widened" if new is None else "limit narrowed", _turned(keyword, old, new))


def _turned(keyword: str, old: object, new: object) -> str:
    return f"has {f'{keyword} {new}' if new is not None else f'no {keyword}'}, had {'none' if old is None else old}"


def _settings(was: Shape, now: Shape, place: Place) -> Iterator[Change]:
    def tell(kind: str, text: str) -> Change:
        return change_at(place, kind, text)

    if now.nullable and not was.nullable:
        yield tell("null allowed", "may be null")
    if was.nullable and not now.nullable:
        yield tell("null refused", "may not be null any more")
    old, new = (each.keywords.get("default", ABSENT) for each in (was, now))
    if old is not new and old != new:
        if new is ABSENT:
            yield tell("default withdrawn", f"has no stated default, had {old}")
        else:
            yield tell(
                "default stated" if old is ABSENT else "default changed",
                f"defaults to {_shown(new)}, was {_shown(old)}",
            )
    if now.keywords.get("deprecated") and not was.keywords.get("deprecated"):
        yield tell("deprecated", "is deprecated")


def _others(was: Shape, now: Shape, tell: Tell) -> Iterator[Change]:
    """Yield what differs in keywords of which nothing more is known here, so that nothing goes unsaid."""
    for keyword in sorted({key for each in (was, now) for key in each.keywords} - COMPARED):
        if was.keywords.get(keyword) != now.keywords.get(keyword):
            yield tell(f"{'extension' if keyword.startswith('x-') else 'rule'} changed", f"has another `{keyword}`")


def _shown(value: object) -> str:
    return "not stated" if value is ABSENT else str(value)
