import asyncio
import warnings

from fastmcp import Client, FastMCP
from methods import ARGUMENTS, check, methods

from lmnt import AsyncLmnt, Lmnt

warnings.simplefilter("error", UserWarning)


async def main() -> None:
    for client in (Lmnt(), AsyncLmnt()):
        server = FastMCP("speech")
        for path, method in methods(client).items():
            server.tool(method, name=path.replace(".", "_"))
        async with Client(server) as user:
            tools = {tool.name: tool for tool in await user.list_tools()}
            for path in ARGUMENTS:
                tool = tools[path.replace(".", "_")]
                schema = getattr(tool, "input_schema", None) or tool.inputSchema
                check(path, schema, documented=True)
            voice = await user.call_tool("voices_retrieve", {"id": "leah"})
            assert "Leah" in str(voice.content[0]), voice
            listed = await user.call_tool("voices_list", {"owner": None})
            assert "Leah" in str(listed.content[0]), listed


asyncio.run(main())
print("done")
