import warnings

from methods import methods
from pydantic import TypeAdapter, validate_call

import lmnt
from lmnt import AsyncLmnt, Lmnt, models, types

warnings.simplefilter("error", UserWarning)
for module in (models, types):
    for name in module.__all__:
        TypeAdapter(getattr(module, name)).json_schema()
TypeAdapter(lmnt.RequestOptions).json_schema()
assert TypeAdapter(lmnt.ResultList[models.Voice]).validate_python([]) == []
for client in (Lmnt(), AsyncLmnt()):
    for path, method in methods(client).items():
        checked = validate_call(method)
        assert checked.__doc__ == method.__doc__, path
voices = validate_call(Lmnt().voices.list)(owner=None, timeout=30)
assert TypeAdapter(object).dump_python(voices, mode="json")[0]["id"] == voices[0].id
print("done")
