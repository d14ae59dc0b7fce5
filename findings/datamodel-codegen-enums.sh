#!/bin/sh
# datamodel-code-generator 0.89.0 on an enum that has numbers and booleans, which are different values in JSON Schema (core 2020-12,
# section 4.2.2; validation, section 6.1.2), and its model read and written by pydantic 2.14.4:
#   `enum: [0, 1, false, true]` becomes an Enum whose members `bool_False` and `bool_True` are other names of `int_0` and `int_1`,
#   since True == 1 in Python: a `true` that was read is written as 1, with no error;
#   `const: 1` becomes Literal[1], which takes `true` and writes 1, where the schema refuses it (as jsonschema 4.26.0 does).
# Exits 0 while that is so, 1 when something of it has changed.
set -eu
folder=$(mktemp -d)
trap 'rm -rf "$folder"' EXIT
cat >"$folder/schema.json" <<'JSON'
{
  "$schema": "https://json-schema.org/draft/2020-12/schema",
  "title": "Setting",
  "type": "object",
  "properties": {"value": {"enum": [0, 1, false, true]}, "version": {"const": 1}}
}
JSON
cat >"$folder/seen.py" <<'PYTHON'
import json
from importlib.metadata import version
from pathlib import Path

import jsonschema
from made import Setting
from pydantic import ValidationError

schema = json.loads((Path(__file__).parent / "schema.json").read_text())
print(", ".join(f"{name} {version(name)}" for name in ("datamodel-code-generator", "pydantic", "jsonschema")))
for text in ('{"value":0}', '{"value":1}', '{"value":false}', '{"value":true}', '{"version":1}', '{"version":true}', '{"version":"1"}'):
    is_valid = jsonschema.Draft202012Validator(schema).is_valid(json.loads(text))
    try:
        written = Setting.model_validate_json(text).model_dump_json(exclude_unset=True)
    except ValidationError:
        written = "refused"
    print(f"{text} {'valid' if is_valid else 'not valid'}: {written}")
PYTHON
"${PYTHON:-python3}" -m venv "$folder/env"
"$folder/env/bin/python" -m pip install --quiet --disable-pip-version-check \
    datamodel-code-generator==0.89.0 pydantic==2.14.4 jsonschema==4.26.0
"$folder/env/bin/datamodel-codegen" --input "$folder/schema.json" --input-file-type jsonschema --output "$folder/made.py" \
    --output-model-type pydantic_v2.BaseModel --disable-timestamp --formatters builtin
"$folder/env/bin/python" "$folder/seen.py" | tee "$folder/seen.txt"
cat >"$folder/expected.txt" <<'TEXT'
datamodel-code-generator 0.89.0, pydantic 2.14.4, jsonschema 4.26.0
{"value":0} valid: {"value":0}
{"value":1} valid: {"value":1}
{"value":false} valid: {"value":0}
{"value":true} valid: {"value":1}
{"version":1} valid: {"version":1}
{"version":true} not valid: {"version":1}
{"version":"1"} not valid: refused
TEXT
diff "$folder/expected.txt" "$folder/seen.txt"
