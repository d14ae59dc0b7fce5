import asyncio
import json
import warnings
from typing import Any

from agents import FunctionTool, function_tool
from agents.tool_context import ToolContext
from agents.usage import Usage
from methods import check, methods

from lmnt import AsyncLmnt, Lmnt

warnings.simplefilter("error", UserWarning)


def call(tool: FunctionTool, **arguments: object) -> Any:
    text = json.dumps(arguments)
    context = ToolContext(context=None, usage=Usage(), tool_name=tool.name, tool_call_id="1", tool_arguments=text)
    return tool.on_invoke_tool(context, text)


for client in (Lmnt(), AsyncLmnt()):
    for path, method in methods(client).items():
        for strict in (True, False):
            check(path, function_tool(method, strict_mode=strict).params_json_schema, documented=True)


async def run() -> None:
    # A strict tool gets each argument: null is what was not given.
    listed = await call(function_tool(Lmnt().voices.list), owner=None, starred=None)
    assert listed[0].id == "leah", listed
    async with AsyncLmnt() as client:
        assert (await call(function_tool(client.voices.retrieve), id="leah")).id == "leah"


asyncio.run(run())
print("done")
