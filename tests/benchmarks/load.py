"""A client in a process of its own: some connections that stay open, each sending the next request after an answer.

Reads what to send as JSON on standard input and writes what came of it as JSON on standard output. It speaks just as
much HTTP as the two services do, so that it costs little beside them.
"""

import asyncio
import json
import sys
import time
from typing import Any
from urllib.parse import urlsplit


def main() -> None:
    """Send, and tell."""
    sys.stdout.write(json.dumps(asyncio.run(sent(json.loads(sys.stdin.read())))))


async def sent(wanted: dict[str, Any]) -> dict[str, Any]:
    """Send ``count`` requests over ``connections`` and return seconds in all, and for each one what it took."""
    left = iter(range(wanted["count"]))
    taken: list[float] = []
    started = time.perf_counter()
    await asyncio.gather(*(_over_one_connection(wanted, left, taken) for _ in range(wanted["connections"])))
    return {"seconds": time.perf_counter() - started, "taken": taken}


async def _over_one_connection(wanted: dict[str, Any], left: Any, taken: list[float]) -> None:
    where = urlsplit(wanted["url"])
    reader, writer = await asyncio.open_connection(where.hostname, where.port)
    words = _request(wanted, where.path)
    for _ in left:
        started = time.perf_counter()
        writer.write(words)
        status = await _answered(reader)
        taken.append(time.perf_counter() - started)
        if status != wanted["status"]:
            raise RuntimeError(f"{wanted['method']} {where.path}: {status}")
    writer.close()


def _request(wanted: dict[str, Any], path: str) -> bytes:
    body = json.dumps(wanted["body"]).encode() if wanted.get("body") else b""
    about = f"Content-Type: application/json\r\nContent-Length: {len(body)}\r\n" if body else ""
    head = (
        f"{wanted['method']} {path} HTTP/1.1\r\nHost: 127.0.0.1\r\nAuthorization: Bearer {wanted['key']}\r\n{about}\r\n"
    )
    return head.encode() + body


async def _answered(reader: asyncio.StreamReader) -> int:
    head = (await reader.readuntil(b"\r\n\r\n")).lower()
    length = int(head.partition(b"content-length:")[2].split(b"\r\n", 1)[0])
    await reader.readexactly(length)
    return int(head.split(b" ", 2)[1])


if __name__ == "__main__":
    main()
