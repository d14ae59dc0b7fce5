"""Differences between two descriptions of an API: operations, parameters, bodies, responses, sessions."""

from __future__ import annotations

import re
from collections.abc import Callable, Iterator, Mapping
from dataclasses import dataclass
from typing import Any

from generator.naming import operations_of

from .change import Change, Effect, token
from .schemas import Comparison, Place, Side, change_at
from .shape import Schemas

NOTE, ADDITION, BREAKING = Effect.NOTE, Effect.ADDITION, Effect.BREAKING

Found = Iterator[Change]


@dataclass(frozen=True)
class Operation:
    """One operation, its references resolved one step deep."""

    id: str
    address: str
    data: Mapping[str, Any]
    parameters: Mapping[str, Mapping[str, Any]]


class Api:
    """A description, by operation."""

    def __init__(self, document: Mapping[str, Any]) -> None:
        self.document = document
        self.schemas = Schemas(document)
        self.operations = {each.id: each for each in self._operations()}

    def _operations(self) -> Iterator[Operation]:
        for path, item in self.document.get("paths", {}).items():
            for method, data, _ in operations_of(item, ""):
                parameters = [
                    self.schemas.resolve(each) for each in [*item.get("parameters", ()), *data.get("parameters", ())]
                ]
                names = [each["name"] for each in parameters]
                yield Operation(
                    str(data.get("operationId", f"{method.lower()} {path}")),
                    f"{method} {path}",
                    data,
                    # By name alone, so that one that moved is still the same; only twins need their place too.
                    {
                        each["name"] if names.count(each["name"]) == 1 else f"{each['in']} {each['name']}": each
                        for each in parameters
                    },
                )

    def security(self, operation: Operation) -> set[frozenset[tuple[str, ...]]]:
        """Return the ways to be let in, any one of which will do."""
        schemes = self.document.get("components", {}).get("securitySchemes", {})
        ways = operation.data.get("security", self.document.get("security", [])) or [{}]
        return {
            frozenset(
                (
                    *(str(schemes.get(name, {}).get(key, "")) for key in ("type", "scheme", "in", "name")),
                    *sorted(scopes),
                )
                for name, scopes in way.items()
            )
            for way in ways
        }

    @property
    def servers(self) -> list[str]:
        """The base URLs."""
        return [str(each["url"]) for each in self.document.get("servers", ())]

    @property
    def sessions(self) -> Mapping[str, Any]:
        """The WebSocket sessions, from x-websocket."""
        found: Mapping[str, Any] = self.document.get("x-websocket", {})
        return found

    def users(self) -> dict[str, set[str]]:
        """Return the operations that use each component schema, by the token of its name."""
        starts: dict[str, Any] = {each.id: [each.data, each.parameters] for each in self.operations.values()}
        for name, session in self.sessions.items():
            starts[name] = [{"$ref": each} for each in session.values() if str(each).startswith("#/")]
        return self._reached(starts)

    def sides(self) -> dict[str, set[str]]:
        """Return the sides on which each component schema is, request or response, by the token of its name."""
        requests, responses = list[Any](), list[Any]()
        for each in self.operations.values():
            requests += [each.parameters, each.data.get("requestBody")]
            responses.append(each.data.get("responses"))
        for session in self.sessions.values():
            for key, value in session.items():
                (responses if key == "receive" else requests).append(
                    {"$ref": value} if str(value).startswith("#/") else None
                )
        return self._reached({"request": requests, "response": responses})

    def _reached(self, starts: Mapping[str, list[Any]]) -> dict[str, set[str]]:
        """Return the names of the starts from which references lead to each component, by the token of its name."""
        found: dict[str, set[str]] = {}
        for start, nodes in starts.items():
            waiting, seen = list(nodes), set[str]()
            while waiting:
                node = waiting.pop()
                if isinstance(node, Mapping):
                    pointer = node.get("$ref")
                    if isinstance(pointer, str) and pointer not in seen:
                        seen.add(pointer)
                        waiting.append(self.schemas.resolve(node))
                        found.setdefault(token(pointer.rsplit("/", 1)[-1]), set()).add(start)
                    waiting += node.values()
                elif isinstance(node, list):
                    waiting += node
        return found


def compare(old: Api, new: Api) -> Found:
    """Yield what differs between two descriptions."""
    comparison = Comparison(old.schemas, new.schemas)
    if old.servers != new.servers:
        yield Change("API", BREAKING, "server changed", f"the service is at {new.servers}, was at {old.servers}")
    yield from _there(old.operations, new.operations, "operation", lambda each: str(each.address))
    for name in old.operations.keys() & new.operations.keys():
        yield from _operation(old, new, name, comparison)
    yield from _there(old.sessions, new.sessions, "session", lambda each: str(each.get("path")))
    for name in old.sessions.keys() & new.sessions.keys():
        yield from _session(old.sessions[name], new.sessions[name], name, comparison)


def _tell(effect: Effect, kind: str, text: str, operation: str, *names: str) -> Change:
    return Change("API", effect, kind, text, (operation,), frozenset(token(name) for name in names))


def _there(old: Mapping[str, Any], new: Mapping[str, Any], what: str, address: Callable[[Any], str]) -> Found:
    """Yield the operations or sessions that are gone, and those that are new."""
    for name in old.keys() - new.keys():
        again = [each for each in new.keys() - old.keys() if address(new[each]) == address(old[name])]
        text = f"is called `{again[0]}` now" if again else "was removed"
        yield _tell(BREAKING, f"{what} {'renamed' if again else 'removed'}", text, name, *_names_in_python(name))
    for name in new.keys() - old.keys():
        yield _tell(ADDITION, f"{what} added", "is new", name, *_names_in_python(name))


def _names_in_python(name: str) -> tuple[str, ...]:
    """Return the names that come and go with an operation: its method, the type of its arguments, and its resource."""
    resource = name.partition(".")[0]
    return name.rsplit(".", 1)[-1], f"{name}Arguments", resource, f"{resource}Resource"


def _session(was: Mapping[str, Any], now: Mapping[str, Any], name: str, comparison: Comparison) -> Found:
    if was.get("path") != now.get("path"):
        yield _tell(BREAKING, "address changed", f"is at {now.get('path')}, was at {was.get('path')}", name)
    yield from _extensions(was, now, name)
    for key in sorted(key for key in was.keys() & now.keys() if str(was[key]).startswith("#/")):
        side: Side = "response" if key == "receive" else "request"
        yield from comparison.changes({"$ref": was[key]}, {"$ref": now[key]}, Place(key, side, name))


def _operation(old: Api, new: Api, name: str, comparison: Comparison) -> Found:
    was, now = old.operations[name], new.operations[name]
    if re.sub(r"\{[^}]*\}", "{}", was.address) != re.sub(r"\{[^}]*\}", "{}", now.address):
        yield _tell(BREAKING, "address changed", f"is {now.address}, was {was.address}", name)
    before, after = old.security(was), new.security(now)
    if before - after:
        yield _tell(BREAKING, "security changed", f"is let in by {_ways(after)}, was by {_ways(before)}", name)
    elif after - before:
        yield _tell(ADDITION, "security added", f"is let in by {_ways(after - before)} too", name)
    if now.data.get("deprecated") and not was.data.get("deprecated"):
        yield _tell(NOTE, "operation deprecated", "is deprecated", name)
    yield from _extensions(was.data, now.data, name)
    yield from _parameters(was, now, comparison)
    yield from _body(old, new, name, comparison)
    yield from _responses(old, new, name, comparison)


def _extensions(was: Mapping[str, Any], now: Mapping[str, Any], name: str) -> Found:
    for key in sorted(key for key in was.keys() | now.keys() if key.startswith("x-")):
        if was.get(key) != now.get(key):
            yield _tell(NOTE, "extension changed", f"`{key}` is {now.get(key)}, was {was.get(key)}", name)


def _ways(ways: set[frozenset[tuple[str, ...]]]) -> str:
    shown = (" and ".join(sorted(" ".join(filter(None, each)) for each in way)) or "nothing" for way in ways)
    return " or ".join(sorted(shown))


def _parameters(was: Operation, now: Operation, comparison: Comparison) -> Found:
    for name, parameter in was.parameters.items():
        if name not in now.parameters:
            yield change_at(_argument(was, parameter), "field removed", "was removed")
    for name, parameter in now.parameters.items():
        place = _argument(now, parameter)
        required = bool(parameter.get("required")) and not parameter.get("x-client-header")
        if (before := was.parameters.get(name)) is None:
            text = "is new, and required" if required else "is new"
            yield change_at(place, "required field added" if required else "field added", text)
            continue
        if before["in"] != parameter["in"]:
            text = f"parameter `{name}` is in the {parameter['in']}, was in the {before['in']}"
            yield _tell(BREAKING, "parameter moved", text, now.id, name)
        if bool(before.get("required")) != bool(parameter.get("required")):
            yield change_at(
                place,
                f"field became {'required' if required else 'optional'}",
                f"is {'required' if required else 'optional'}",
            )
        for key in ("style", "explode", "allowReserved"):
            if before.get(key) != parameter.get(key):
                text = f"parameter `{name}` is written with {key} {parameter.get(key)}, was {before.get(key)}"
                yield _tell(BREAKING, "parameter written otherwise", text, now.id, name)
        yield from _extensions(before, parameter, now.id)
        yield from comparison.changes(_schema(before), _schema(parameter), place)


def _schema(parameter: Mapping[str, Any]) -> Any:
    """Return the schema of a parameter, which may stand behind its one media type."""
    content: Mapping[str, Any] = next(iter(parameter.get("content", {}).values()), {})
    return parameter.get("schema", content.get("schema", {}))


def _argument(operation: Operation, parameter: Mapping[str, Any]) -> Place:
    name = str(parameter["name"])
    return Place(f"{parameter['in']} {name}", "request", operation.id, names=frozenset({token(name)}))


def _body(old: Api, new: Api, name: str, comparison: Comparison) -> Found:
    was = old.schemas.resolve(old.operations[name].data.get("requestBody"))
    now = new.schemas.resolve(new.operations[name].data.get("requestBody"))
    place = Place("body", "request", name)
    if was is None or now is None:
        if now is not None:
            required = bool(now.get("required"))
            text = "is new, and required" if required else "is new"
            yield change_at(place, "required field added" if required else "field added", text)
        elif was is not None:
            yield change_at(place, "field removed", "was removed")
        return
    if bool(was.get("required")) != bool(now.get("required")):
        kind = "required" if now.get("required") else "optional"
        yield change_at(place, f"field became {kind}", f"is {kind}")
    yield from _content(was.get("content", {}), now.get("content", {}), place, comparison)


def _content(old: Mapping[str, Any], new: Mapping[str, Any], place: Place, comparison: Comparison) -> Found:
    """Yield what differs in what is sent, by media type."""
    for name in old.keys() - new.keys():
        yield _tell(
            BREAKING, f"{place.side} media type removed", f"{place.text} is never {name} any more", place.operation
        )
    for name in new.keys() - old.keys():
        yield _tell(ADDITION, f"{place.side} media type added", f"{place.text} may be {name}", place.operation)
    pairs = [(old[name], new[name]) for name in old if name in new]
    if not pairs and len(old) == len(new) == 1:
        pairs = list(zip(old.values(), new.values(), strict=True))
    for was, now in pairs:
        if was.get("encoding") != now.get("encoding"):
            yield _tell(
                BREAKING, f"{place.side} written otherwise", f"{place.text} has another encoding", place.operation
            )
        yield from _extensions(was, now, place.operation)
        yield from comparison.changes(was.get("schema", {}), now.get("schema", {}), place)


def _responses(old: Api, new: Api, name: str, comparison: Comparison) -> Found:
    was = {str(key): old.schemas.resolve(each) for key, each in old.operations[name].data.get("responses", {}).items()}
    now = {str(key): new.schemas.resolve(each) for key, each in new.operations[name].data.get("responses", {}).items()}
    pairs = [(status, status) for status in was if status in now]
    gone, come = ([each for each in a if each not in b] for a, b in ((was, now), (now, was)))
    succeeded, succeeds = ([each for each in found if each.startswith("2")] for found in (gone, come))
    if len(succeeded) == len(succeeds) == 1:
        yield _tell(BREAKING, "status changed", f"succeeds with {succeeds[0]}, was {succeeded[0]}", name)
        pairs.append((succeeded[0], succeeds[0]))
    else:
        for status in succeeded:
            yield _tell(BREAKING, "success removed", f"never succeeds with {status} any more", name)
        for status in succeeds:
            yield _tell(BREAKING, "success added", f"may succeed with {status}", name)
    for status in gone:
        if status not in succeeded:
            yield _tell(NOTE, "error removed", f"does not state the error {status} any more", name)
    for status in come:
        if status not in succeeds:
            yield _tell(NOTE, "error added", f"states the error {status}", name)
    for before, after in pairs:
        place = Place(f"{after} body", "response", name)
        yield from _content(was[before].get("content", {}), now[after].get("content", {}), place, comparison)
        yield from _headers(was[before], now[after], Place(f"{after} header", "response", name), comparison)


def _headers(was: Mapping[str, Any], now: Mapping[str, Any], place: Place, comparison: Comparison) -> Found:
    old = {key.lower(): comparison.old.resolve(each) for key, each in was.get("headers", {}).items()}
    new = {key.lower(): comparison.new.resolve(each) for key, each in now.get("headers", {}).items()}
    for name in old.keys() - new.keys():
        yield change_at(place.at(name), "field removed", "was removed")
    for name in new.keys() - old.keys():
        yield change_at(place.at(name), "field added", "is new")
    for name in old.keys() & new.keys():
        if old[name].get("required") and not new[name].get("required"):
            yield change_at(place.at(name), "field became optional", "is optional")
        yield from comparison.changes(old[name].get("schema", {}), new[name].get("schema", {}), place.at(name))
