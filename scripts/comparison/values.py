"""Differences in the values that pass between a caller and a package: their types, and constants."""

from __future__ import annotations

from collections.abc import Collection, Iterator

from .change import Effect, Told
from .expressions import Member, constant, path_of
from .fields import has_fields, key_traits
from .package import Surface
from .positions import Position, Role
from .reading import DEFINITIONS
from .relation import Relation
from .terms import shown

NOTE, ADDITION, BREAKING = Effect.NOTE, Effect.ADDITION, Effect.BREAKING

UNMATCHED = ", which an exhaustive `match` does not expect"


class Values:
    """The values of two versions, side by side."""

    def __init__(self, old: Surface, new: Surface, relation: Relation) -> None:
        self.old, self.new, self.relation = old, new, relation
        self._effects: dict[str, list[Effect]] = {}

    def attribute(self, before: Member, after: Member) -> Iterator[Told]:
        """Yield what differs in the types that an attribute has and may be set to."""
        known = {each.slot: each for each in self.old.positions(before)}
        for each in self.new.positions(after):
            if each.slot in known:
                yield from self.position(known[each.slot], each, after.parent)

    def position(self, was: Position, now: Position, owner: Member, name: str = "") -> Iterator[Told]:
        """Yield what differs in the type of a position; what an alias with a name is the cause of is told of that."""
        if was.type is None or now.type is None:
            if now.text and not was.text:
                yield NOTE, "type stated", f"{now.sentence.format(now.text)}, was not stated", name
            elif was.text and not now.text:
                yield NOTE, "type withdrawn", f"does not state `{was.text}` any more", name
            return
        lost, gained = self.relation.differ(was.type, now.type)
        if not lost and not gained:
            return
        effect = effect_of(lost, gained, self.new.roles_of(now, owner))
        causes = self._changed_aliases(now) if was.text == now.text else []
        for cause in causes:
            self._effects.setdefault(cause, []).append(effect)
        if not causes:
            texts = (was.text, now.text) if was.text != now.text else (shown(was.type), shown(now.type))
            yield effect, "type changed", f"{now.sentence.format(texts[1])}, was `{texts[0]}`", name

    def _changed_aliases(self, position: Position) -> list[str]:
        """Return the aliases that the position names, that callers know, and that mean something else now."""
        names = (self.new.public[path] for path in position.mentions if path in self.new.public)
        return [name for name in names if name in self.old.members and self._differs(name)]

    def _differs(self, name: str) -> bool:
        was, now = self.old.members[name], self.new.members[name]
        if was.kind != now.kind or not self.old.reader.is_alias(was):
            return True
        return any(self.relation.differ(self.old.reader.alias(was)[0], self.new.reader.alias(now)[0]))

    def alias(self, before: Member, after: Member) -> Iterator[Told]:
        """Yield what differs in what an alias stands for, and what that does where it is used."""
        was, now = self.old.reader.alias(before)[0], self.new.reader.alias(after)[0]
        lost = frozenset(each for each in was if not self.relation.holds(now, frozenset({each})))
        gained = frozenset(each for each in now if not self.relation.holds(was, frozenset({each})))
        if not lost and not gained:
            return
        name = self.new.public[after.path]
        if name in self._effects:
            effect = max(self._effects[name])
        elif after.path in self.new.used:  # and wherever it is, anything else that is there takes or gives as much
            effect = BREAKING if lost else ADDITION
        else:
            effect = effect_of(bool(lost), bool(gained), self.new.roles(name))
        words = [f"is no `{shown(lost)}` any more"] * bool(lost) + [f"may be `{shown(gained)}`"] * bool(gained)
        if effect is BREAKING and not lost:
            yield effect, "alternatives added", f"{words[0]}{UNMATCHED}", ""
        else:
            yield effect, "type changed", " and ".join(words), ""

    def key(self, before: Member, after: Member) -> Iterator[Told]:
        """Yield what differs in what a TypedDict says of a key beside its type."""
        old, new = key_traits(before), key_traits(after)
        roles = self.new.roles(self.new.reader.term(after.parent).name, after.parent)
        if "required" in new - old:  # dicts without it are not taken, or not given, any more
            yield effect_of(True, False, roles), "key became required", "is required", ""
        if "required" in old - new:
            yield effect_of(False, True, roles), "key became optional", "is not required any more", ""
        if "read-only" in new - old:
            yield BREAKING, "key became read-only", "is read-only", ""
        if "read-only" in old - new:
            yield ADDITION, "key became writable", "is not read-only any more", ""

    def value(self, before: Member, after: Member) -> Iterator[Told]:
        """Yield that a constant, a member of an enumeration, or what a call defines is another."""
        was, now = self.old.reader.value(before.value), self.new.reader.value(after.value)
        # Every release has another __version__, and the value of a field is told as its default.
        if was == now or after.name == "__version__" or has_fields(after.parent):
            return
        if after.parent.is_class:
            matters = self.new.reader.is_enumeration(after.parent)
            if not matters and not (constant(was) and constant(now)):
                return
        else:
            matters = path_of(after.value) in DEFINITIONS or "re-export" in after.labels
        yield BREAKING if matters else NOTE, "value changed", f"is `{now}`, was `{was}`", ""


def effect_of(lost: bool, gained: bool, roles: Collection[Role]) -> Effect:
    """Return what it does that something is not taken or given any more, or newly is."""
    breaks = (lost and "argument" in roles) or (gained and "result" in roles)
    return BREAKING if breaks else ADDITION if gained else NOTE
