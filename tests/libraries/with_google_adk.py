from google.adk.tools import FunctionTool
from methods import check, methods

from lmnt import AsyncLmnt, Lmnt

for client in (Lmnt(), AsyncLmnt()):
    for path, method in methods(client).items():
        declared = FunctionTool(method)._get_declaration()
        assert declared is not None
        schema = declared.parameters_json_schema or {}
        check(path, schema, documented=False)
        assert declared.description, path
print("done")
