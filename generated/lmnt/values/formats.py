"""Values that JSON has as strings: dates, times, durations, decimals, UUIDs and bytes."""

from __future__ import annotations

import base64
import binascii
import re
from collections.abc import Callable, Mapping
from datetime import date, datetime, time, timedelta
from decimal import Decimal, InvalidOperation
from fractions import Fraction
from typing import Any, TypeVar
from uuid import UUID

from .codec import Codec, MismatchError, string

T = TypeVar("T")


def _from_text(wanted: str, kind: type[T], parse: Callable[[str], T]) -> Codec[T]:
    def read(value: object) -> T:
        try:
            return parse(string.read(value))
        except (ValueError, MismatchError, InvalidOperation):
            raise MismatchError(wanted, value) from None

    def write(value: object) -> object:
        # In Python a datetime is a date; in JSON Schema it is not.
        if not isinstance(value, kind) or (kind is date and isinstance(value, datetime)):
            raise MismatchError(f"{wanted} ({kind.__name__})", value)
        return TEXTS[kind](value)

    return Codec(read, write)


def _moment(value: datetime) -> str:
    if value.utcoffset() is None:
        raise MismatchError("a datetime with a time zone (RFC 3339 section 5.6)", value)
    return value.isoformat()


def _decimal(value: Decimal) -> str:
    if not value.is_finite():
        raise MismatchError("a finite number", value)
    return format(value, "f")


def _bytes(text: str) -> bytes:
    """Read base64 in either alphabet (RFC 4648), with or without padding and line breaks."""
    plain = "".join(text.split()).rstrip("=").translate({ord("-"): "+", ord("_"): "/"})
    try:
        return base64.b64decode(plain + "=" * (-len(plain) % 4), validate=True)
    except binascii.Error as error:
        raise ValueError from error


_DURATION = re.compile(
    r"(?P<sign>[-+]?)P(?=.)(?:(?P<years>\d+)Y)?(?:(?P<months>\d+)M)?(?:(?P<weeks>\d+)W)?(?:(?P<days>\d+)D)?"
    r"(?:T(?=.)(?:(?P<hours>\d+)H)?(?:(?P<minutes>\d+)M)?(?:(?P<seconds>\d+(?:[.,]\d+)?)S)?)?",
    re.ASCII,
)


def _duration(text: str) -> timedelta | str:
    """Read a duration; one with years or months, or finer than microseconds, stays a text."""
    found = _DURATION.fullmatch(text)
    if found is None or found["years"] or found["months"]:
        return text
    units = ("weeks", "days", "hours", "minutes", "seconds")
    parts = {unit: Fraction((found[unit] or "0").replace(",", ".")) for unit in units}
    micros = sum(part * (timedelta(**{unit: 1}) // timedelta.resolution) for unit, part in parts.items())
    try:
        return text if micros.denominator > 1 else timedelta(microseconds=int(found["sign"] + str(int(micros))))
    except OverflowError:
        return text


def _duration_text(value: timedelta) -> str:
    whole = abs(value)
    minutes, seconds = divmod(whole.seconds, 60)
    fraction = f".{whole.microseconds:06}".rstrip("0") if whole.microseconds else ""
    times = {"H": minutes // 60, "M": minutes % 60, "S": f"{seconds}{fraction}"}
    day = f"{whole.days}D" if whole.days else ""
    clock = "".join(f"{count}{unit}" for unit, count in times.items() if count not in (0, "0"))
    return f"{'-' if value < timedelta() else ''}P{day}{'T' + (clock or '0S') if clock or not day else ''}"


def _write_duration(value: object) -> object:
    if isinstance(value, timedelta):
        return _duration_text(value)
    if isinstance(value, str) and _DURATION.fullmatch(value):
        return value
    raise MismatchError("a timedelta, or a duration as text (RFC 3339 appendix A)", value)


TEXTS: Mapping[type[object], Callable[[Any], str]] = {
    date: date.isoformat,
    datetime: _moment,
    time: time.isoformat,
    timedelta: _duration_text,
    UUID: str,
    Decimal: _decimal,
    bytes: lambda value: base64.b64encode(value).decode(),
}
"""How values are written in JSON, by their type."""


def text_of(value: object) -> str | None:
    """Return the JSON text of a value, valid or not; None if its type is none of these."""
    if isinstance(value, datetime):
        return value.isoformat()
    if isinstance(value, Decimal):
        return format(value, "f")
    return next((write(value) for kind, write in TEXTS.items() if isinstance(value, kind)), None)


day = _from_text("a date (RFC 3339)", date, date.fromisoformat)
moment = _from_text("a date and time (RFC 3339)", datetime, datetime.fromisoformat)
clock = _from_text("a time (RFC 3339)", time, time.fromisoformat)
duration: Codec[timedelta | str] = Codec(lambda value: _duration(string.read(value)), _write_duration)
uuid = _from_text("a UUID (RFC 9562)", UUID, UUID)
decimal = _from_text("a number as text", Decimal, Decimal)
octets = _from_text("bytes, which JSON has in base64", bytes, _bytes)
