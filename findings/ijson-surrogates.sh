#!/bin/sh
# ijson 3.6.0 with its backend in C (yajl2_c, which it takes by itself) on an escaped surrogate without its other half, which the
# grammar of JSON allows (RFC 8259 section 8.2) and JavaScript writes for a text that was cut within an emoji: it becomes a question
# mark, with no error. Two keys that end so become one, and the first value is lost. Its backend in Python has the surrogate, as `json`
# has; orjson 3.13.0 and msgspec 0.22.0 refuse it. With use_float=True the backend in C refuses integers from 2**63 on, too.
# Exits 0 while that is so, 1 when something of it has changed.
set -eu
folder=$(mktemp -d)
trap 'rm -rf "$folder"' EXIT
cat >"$folder/seen.py" <<'PYTHON'
import io
import json
from importlib.metadata import version

import ijson
import msgspec
import orjson
from ijson.backends import python

print(", ".join(f"{name} {version(name)}" for name in ("ijson", "orjson", "msgspec")), "- backend", ijson.backend)


def read(reader, text):
    try:
        return ascii(reader(text))
    except Exception as error:
        return type(error).__name__


READERS = {
    "json": json.loads,
    "ijson": lambda text: next(ijson.items(io.BytesIO(text), "")),
    "ijson, use_float": lambda text: next(ijson.items(io.BytesIO(text), "", use_float=True)),
    "ijson in Python": lambda text: next(python.items(io.BytesIO(text), "")),
    "orjson": orjson.loads,
    "msgspec": msgspec.json.decode,
}
for text in (rb'"Hello \ud83d"', rb'{"a\ud83d": 1, "a\ud83e": 2}', rb'"\ud83d\ude00"', b"9223372036854775808"):
    print(text.decode())
    for name, reader in READERS.items():
        print(f"  {name}: {read(reader, text)}")
PYTHON
"${PYTHON:-python3}" -m venv "$folder/env"
"$folder/env/bin/python" -m pip install --quiet --disable-pip-version-check ijson==3.6.0 orjson==3.13.0 msgspec==0.22.0
"$folder/env/bin/python" "$folder/seen.py" | tee "$folder/seen.txt"
cat >"$folder/expected.txt" <<'TEXT'
ijson 3.6.0, orjson 3.13.0, msgspec 0.22.0 - backend yajl2_c
"Hello \ud83d"
  json: 'Hello \ud83d'
  ijson: 'Hello ?'
  ijson, use_float: 'Hello ?'
  ijson in Python: 'Hello \ud83d'
  orjson: JSONDecodeError
  msgspec: DecodeError
{"a\ud83d": 1, "a\ud83e": 2}
  json: {'a\ud83d': 1, 'a\ud83e': 2}
  ijson: {'a?': 2}
  ijson, use_float: {'a?': 2}
  ijson in Python: {'a\ud83d': 1, 'a\ud83e': 2}
  orjson: JSONDecodeError
  msgspec: DecodeError
"\ud83d\ude00"
  json: '\U0001f600'
  ijson: '\U0001f600'
  ijson, use_float: '\U0001f600'
  ijson in Python: '\U0001f600'
  orjson: '\U0001f600'
  msgspec: '\U0001f600'
9223372036854775808
  json: 9223372036854775808
  ijson: 9223372036854775808
  ijson, use_float: IncompleteJSONError
  ijson in Python: 9223372036854775808
  orjson: 9223372036854775808
  msgspec: 9223372036854775808
TEXT
diff "$folder/expected.txt" "$folder/seen.txt"
