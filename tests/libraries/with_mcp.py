import asyncio
from typing import Any

from mcp.server.mcpserver import MCPServer
from methods import ARGUMENTS, check, methods

from lmnt import AsyncLmnt, Lmnt


async def main() -> None:
    for client in (Lmnt(), AsyncLmnt()):
        server = MCPServer("speech")
        for path, method in methods(client).items():
            server.add_tool(method, name=path.replace(".", "_"))
        tools: dict[str, Any] = {tool.name: tool for tool in await server.list_tools()}
        for path in ARGUMENTS:
            check(path, tools[path.replace(".", "_")].input_schema, documented=False)
        assert "Leah" in str(await server.call_tool("voices_retrieve", {"id": "leah"}))
        assert "Leah" in str(await server.call_tool("voices_list", {"owner": None}))


asyncio.run(main())
print("done")
