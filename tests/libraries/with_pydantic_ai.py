import asyncio
import json
import warnings

from methods import check, methods
from pydantic_ai import Agent, Tool
from pydantic_ai.models.test import TestModel

from lmnt import AsyncLmnt, Lmnt

warnings.simplefilter("error", UserWarning)
client = Lmnt()
for each in (client, AsyncLmnt()):
    for path, method in methods(each).items():
        tool = Tool(method)
        check(path, tool.function_schema.json_schema, documented=True)
        assert tool.description, path

# The model calls each tool, and says what each returned.
said = Agent(TestModel(), tools=[Tool(client.voices.list), Tool(client.accounts.retrieve)]).run_sync("Which?").output
assert json.loads(said)["list"][0]["id"] == client.voices.list()[0].id
assert "plan" in json.loads(said)["retrieve"]


async def asynchronous() -> None:
    async with AsyncLmnt() as client:
        said = (await Agent(TestModel(), tools=[client.voices.list]).run("Which?")).output
        assert json.loads(said)["list"][0]["name"]


asyncio.run(asynchronous())
print("done")
