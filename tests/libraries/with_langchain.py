import asyncio
import warnings

from langchain_core.tools import StructuredTool
from langchain_core.utils.function_calling import convert_to_openai_tool
from methods import check, methods

from lmnt import AsyncLmnt, Lmnt

warnings.simplefilter("error", UserWarning)
client = Lmnt()
for path, method in methods(client).items():
    for documented in (False, True):
        tool = StructuredTool.from_function(method, parse_docstring=documented)
        check(path, convert_to_openai_tool(tool)["function"]["parameters"], documented=documented)
tool = StructuredTool.from_function(client.voices.list)
assert tool.invoke({"owner": "system", "starred": None})[0].id
assert tool.invoke({}) == client.voices.list()


async def asynchronous() -> None:
    async with AsyncLmnt() as client:
        for path, method in methods(client).items():
            tool = StructuredTool.from_function(coroutine=method)
            check(path, convert_to_openai_tool(tool)["function"]["parameters"], documented=False)
        tool = StructuredTool.from_function(coroutine=client.voices.retrieve)
        assert (await tool.ainvoke({"id": "leah"})).id == "leah"


asyncio.run(asynchronous())
print("done")
