"""A build followed through a real server: streams and tickets, over real connections."""

import json
import time
from collections.abc import Iterator
from contextlib import ExitStack
from pathlib import Path
from typing import Any

import httpx
import pytest
from websockets.exceptions import InvalidStatus
from websockets.sync.client import connect

from tests.flows.reading import Message, messages
from tests.flows.servers import WANTED, Server, running_server
from tests.flows.worlds import wait_until

pytestmark = pytest.mark.sandbox
SLOW: dict[str, Any] = {"AGENT_MODEL": "ollama:none", "OLLAMA_BASE_URL": "http://127.0.0.1:9"}
"""A model that never answers: builds wait."""


@pytest.fixture(scope="module")
def server(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Server]:
    with running_server(tmp_path_factory.mktemp("data"), LOG_LEVEL="INFO") as started:
        yield started


def submitted(client: httpx.Client) -> str:
    build: str = client.post("/api/v1/builds/", json=WANTED).json()["id"]
    return build


def stream(client: httpx.Client, build: str, after: int = 0) -> Any:
    given = {"Accept": "text/event-stream", "Last-Event-ID": str(after)}
    return client.stream("GET", f"/api/v1/builds/{build}/events/stream/", headers=given, timeout=60)


def numbered(lines: Iterator[str]) -> Iterator[Message]:
    return (message for message in messages(lines) if message.id)


def test_a_stream_tells_a_build_to_its_end_and_one_that_comes_back_misses_none(server: Server) -> None:
    with server.logged_in() as client:
        build = submitted(client)
        with stream(client, build) as cut:
            first = int(next(numbered(cut.iter_lines())).id)
        with stream(client, build) as whole:
            told = list(messages(whole.iter_lines()))
        with stream(client, build, after=first) as back:
            rest = [int(message.id) for message in numbered(back.iter_lines())]
        page = client.get(f"/api/v1/builds/{build}/events/").json()["events"]
    assert [message.data for message in told if message.id] == page
    assert (told[-1].kind, told[-1].data) == ("end", {"status": "completed"})
    assert "output" in {message.kind for message in told}
    assert rest == list(range(first + 1, len(page) + 1))


def test_a_ticket_opens_a_socket_once_and_stands_in_no_log(server: Server) -> None:
    with server.logged_in() as client:
        made = client.post(f"/api/v1/builds/{submitted(client)}/ticket/").json()
    with connect(made["url"] + "&after=0") as socket:
        assert json.loads(socket.recv(timeout=20))["type"] in {"event", "output"}
    with pytest.raises(InvalidStatus, match="403"):
        connect(made["url"])
    log = (server.data_dir / "server.log").read_text()
    assert "ticket=…" in log
    assert made["ticket"] not in log


def open_databases(server: Server) -> int:
    return sum("agentsite.sqlite3" in target(file) for file in list(Path(f"/proc/{server.process.pid}/fd").iterdir()))


def target(file: Path) -> str:
    try:
        return str(file.readlink())
    except FileNotFoundError:  # the server closed it at this moment
        return ""


def threads(server: Server) -> int:
    return len(list(Path(f"/proc/{server.process.pid}/task").iterdir()))


@pytest.fixture(scope="module")
def silent(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Server]:
    with running_server(tmp_path_factory.mktemp("silent"), **SLOW) as started:
        yield started


def waiting(client: httpx.Client) -> str:
    build = submitted(client)
    wait_until(lambda: client.get(f"/api/v1/builds/{build}/").json()["status"] == "waiting", seconds=60)
    return build


def followed(held: ExitStack, client: httpx.Client, build: str) -> list[Iterator[Message]]:
    """Open twenty streams and read the first event of each."""
    opened = [held.enter_context(stream(client, build)) for _ in range(20)]
    told = [messages(each.iter_lines()) for each in opened]
    for each in told:
        assert next(message for message in each if message.id).id == "1"
    return told


def test_streams_hold_no_connection_and_leave_no_thread_behind(silent: Server) -> None:
    with silent.logged_in() as client:
        build = waiting(client)
        files, before = open_databases(silent), threads(silent)
        with ExitStack() as held:
            followed(held, client, build)
            wait_until(lambda: open_databases(silent) <= files + 3)
        wait_until(lambda: threads(silent) <= before + 3)


def test_streams_end_at_once_when_the_server_does(silent: Server) -> None:
    """The last test of this server."""
    with silent.logged_in() as client, ExitStack() as held:
        told = followed(held, client, waiting(client))
        began = time.monotonic()
        silent.process.terminate()
        assert "end" not in {message.kind for each in told for message in each}
        assert time.monotonic() - began < 4
        assert silent.process.wait(timeout=15) == 0
