"""Bodies that are too large, at a real server: refused by their length, never kept, and the connection goes on."""

import json
import os
import re
import socket
import time
from collections.abc import Iterator
from pathlib import Path
from typing import Any
from urllib.parse import urlsplit

import httpx
import pytest

from tests.attachments import hostile
from tests.flows.servers import WANTED, Server, running_server
from tests.memory.test_documents import zipped

BUILDS, MEGABYTE = "/api/v1/builds/", 1 << 20


@pytest.fixture(scope="module")
def server(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Server]:
    with running_server(tmp_path_factory.mktemp("data"), AGENT_MODEL="cookbook") as started:
        yield started


@pytest.fixture(scope="module")
def key(server: Server) -> str:
    with server.logged_in() as client:
        return str(client.post("/api/v1/keys/", json={"name": "x"}).json()["secret"])


@pytest.fixture
def program(server: Server, key: str) -> Iterator[httpx.Client]:
    with httpx.Client(base_url=server.url, headers={"Authorization": f"Bearer {key}"}, timeout=60) as client:
        yield client


def large(megabytes: int) -> bytes:
    return json.dumps(WANTED | {"description": "x" * megabytes * MEGABYTE}).encode()


def pieces(body: bytes) -> Iterator[bytes]:
    for start in range(0, len(body), 65_536):
        yield body[start : start + 65_536]


def peak_memory(server: Server) -> int:
    """Return the most memory that the server has used so far, in kilobytes."""
    status = Path(f"/proc/{server.process.pid}/status").read_text()
    found = re.search(r"VmHWM:\s+(\d+) kB", status)
    return int(found[1]) if found else 0


def is_refused(answer: httpx.Response) -> bool:
    return (answer.status_code, answer.json()["error"]["code"]) == (413, "request.too_large")


@pytest.mark.parametrize("is_chunked", [False, True], ids=["with a length", "in pieces"])
def test_twenty_megabytes_are_refused_and_not_kept(server: Server, program: httpx.Client, *, is_chunked: bool) -> None:
    body, kind = large(20), {"Content-Type": "application/json"}
    assert is_refused(program.post(BUILDS, content=large(3), headers=kind))
    before = peak_memory(server)
    for _ in range(3):
        assert is_refused(program.post(BUILDS, content=pieces(body) if is_chunked else body, headers=kind))
        assert program.get(BUILDS).status_code == 200
    assert peak_memory(server) - before < 12 * 1024
    assert program.get(BUILDS).json()["results"] == []


def test_a_body_that_is_announced_and_never_comes_is_refused_at_once(server: Server, key: str) -> None:
    where = urlsplit(server.url)
    head = f"POST {BUILDS} HTTP/1.1\r\nHost: 127.0.0.1\r\nAuthorization: Bearer {key}\r\n"
    head += f"Content-Type: application/json\r\nContent-Length: {20 * MEGABYTE}\r\n\r\n"
    with socket.create_connection((where.hostname or "", where.port or 0), timeout=20) as connection:
        connection.sendall(head.encode())
        started = time.monotonic()
        assert connection.recv(65_536).startswith(b"HTTP/1.1 413")
    assert time.monotonic() - started < 10


def test_a_page_refuses_it_too(server: Server) -> None:
    with server.logged_in() as client:
        answer = client.post("/builds/new/", data={"requirements": "x" * 20 * MEGABYTE})
    assert answer.status_code == 413
    assert "text/html" in answer.headers["Content-Type"]


def test_a_body_in_pieces_is_read_like_any_other(program: httpx.Client) -> None:
    body: Any = pieces(json.dumps(WANTED).encode())
    answer = program.post(BUILDS, content=body, headers={"Content-Type": "application/json"})
    assert (answer.status_code, answer.json()["project_name"]) == (201, WANTED["project_name"])
    assert program.post(f"{BUILDS}{answer.json()['id']}/cancel/").status_code in {200, 409}


DOCUMENTS = "/api/v1/memory/documents/"


def test_an_upload_has_a_limit_of_its_own(program: httpx.Client) -> None:
    text = b"We write tests first.\n" * 40_000
    taken = program.post(DOCUMENTS, files={"file": ("notes.md", text)})
    assert (taken.status_code, taken.json()["files"]) == (201, 1)
    archive = zipped({f"{number}.txt": os.urandom(500_000).hex()[:900_000].encode() for number in range(8)})
    assert 2 * MEGABYTE < len(archive) < 8 * MEGABYTE
    assert program.post(DOCUMENTS, files={"file": ("repo.zip", archive)}).json()["files"] == 8
    assert is_refused(program.post(DOCUMENTS, files={"file": ("huge.zip", b"PK" * 6 * MEGABYTE)}))


@pytest.mark.parametrize("name", ["overlapping members", "ten gigabytes of zeros in gzip"])
def test_ten_gigabytes_in_ten_megabytes_are_refused_within_bounds(
    server: Server, program: httpx.Client, name: str
) -> None:
    bomb = hostile.BOMBS[name]()
    before, begun = peak_memory(server), time.monotonic()
    answer = program.post("/api/v1/attachments/", files={"file": ("photo.png", bomb)})
    assert (answer.status_code, answer.json()["error"]["code"]) == (400, "attachment.archive_bomb")
    assert peak_memory(server) - before < 80 << 10  # the upload itself, some times over
    assert time.monotonic() - begun < 10


def test_a_file_that_is_too_large_is_refused_by_its_length(server: Server, program: httpx.Client) -> None:
    before = peak_memory(server)
    answer = program.post("/api/v1/attachments/", files={"file": ("a.txt", b"x" * (60 << 20))})
    assert is_refused(answer)
    assert peak_memory(server) - before < 16 << 10
