"""The limit of the sockets bench: a raw ``websockets`` echo on uvloop, which does no work at all and pings nobody."""

import sys

import uvloop
from websockets.asyncio.server import ServerConnection, serve

from load_tests.measure import raise_descriptors


async def _echo(socket: ServerConnection) -> None:
    async for message in socket:
        await socket.send(message)


async def main(port: int) -> None:
    """Serve until ended."""
    raise_descriptors()
    async with serve(_echo, "127.0.0.1", port, ping_interval=None, compression=None, backlog=4096) as server:
        await server.serve_forever()


if __name__ == "__main__":
    uvloop.run(main(int(sys.argv[1])))
