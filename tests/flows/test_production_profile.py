"""PostgreSQL, Redis, a web process and a worker process of their own: the whole path."""

import json
import os
import subprocess
import sys
from collections.abc import Iterator
from contextlib import ExitStack
from pathlib import Path
from urllib.parse import urlsplit

import pytest

from tests.databases import own_database
from tests.flows.reading import messages
from tests.flows.servers import PASSWORD, ROOT, WANTED, Server, free_port, running_process, wait_until_final

pytestmark = [pytest.mark.services, pytest.mark.sandbox]


@pytest.fixture(scope="module")
def database() -> Iterator[str]:
    """Make a database of its own beside the one that was given."""
    with own_database() as address:
        yield address


@pytest.fixture(scope="module")
def server(database: str, tmp_path_factory: pytest.TempPathFactory) -> Iterator[Server]:
    data_dir, port = tmp_path_factory.mktemp("data"), free_port()
    environment = {
        "AGENTSITE_DATA_DIR": str(data_dir),
        "AGENTSITE_ADMIN_PASSWORD": PASSWORD,
        "AGENT_MODEL": "cookbook",
        "DATABASE_URL": database,
        "DJANGO_SETTINGS_MODULE": "agentsite.settings",
    }
    prepare(environment)
    web = ["-m", "uvicorn", "agentsite.asgi:application", "--port", str(port), "--log-level", "warning"]
    worker = ["-m", "celery", "-A", "agentsite", "worker", "-Q", "runs,short", "-c", "2", "--prefetch-multiplier", "1"]
    with ExitStack() as running:
        running.enter_context(running_process(worker, data_dir / "worker.log", environment))
        process = running.enter_context(running_process(web, data_dir / "web.log", environment))
        server = Server(process, f"http://127.0.0.1:{port}", data_dir)
        server.wait_until_alive(data_dir / "web.log")
        yield server


def prepare(environment: dict[str, str]) -> None:
    command = [sys.executable, "manage.py", "prepare"]
    subprocess.run(command, cwd=ROOT, env=os.environ | environment, check=True, timeout=120)


def test_a_build_runs_in_the_worker_and_is_watched_on_the_web(server: Server) -> None:
    with server.logged_in() as client:
        build_id = client.post("/api/v1/builds/", json=WANTED).json()["id"]
        numbers: list[int] = []
        with server.socket(client.cookies["sessionid"], build_id) as socket:
            kind = ""
            while kind != "build.completed":
                message = json.loads(socket.recv(timeout=60))
                if message["type"] == "event":
                    numbers.append(message["event"]["seq"])
                    kind = message["event"]["kind"]
        build = wait_until_final(client, build_id)
    assert build["verification"] == "verified"
    assert numbers == list(range(1, len(numbers) + 1))


def test_a_socket_outlives_a_long_silence(server: Server) -> None:
    with server.logged_in() as client:
        build = wait_until_final(client, client.post("/api/v1/builds/", json=WANTED).json()["id"])
        cookie, last = client.cookies["sessionid"], int(str(build["last_seq"]))
        with server.socket(cookie, str(build["id"]), after=last) as socket, pytest.raises(TimeoutError):
            socket.recv(timeout=8)


def test_more_streams_are_open_than_there_are_connections(server: Server) -> None:
    """All are open at once and told to the end, though a web process has fifteen connections to the database."""
    with server.logged_in() as client, ExitStack() as held:
        build = [client.post("/api/v1/builds/", json=WANTED).json()["id"] for _ in range(3)][-1]
        address = f"/api/v1/builds/{build}/events/stream/"
        opened = [held.enter_context(client.stream("GET", address, timeout=120)) for _ in range(40)]
        told = [list(messages(each.iter_lines())) for each in opened]
        last = wait_until_final(client, build)["last_seq"]
    assert {each[-1].kind for each in told} == {"end"}
    assert {tuple(int(one.id) for one in each if one.id) for each in told} == {tuple(range(1, int(str(last)) + 1))}


def test_it_is_ready_with_both_servers(server: Server) -> None:
    with server.logged_in() as client:
        parts = client.get("/readyz").json()["parts"]
    assert (parts["database"]["engine"], parts["broker"]["engine"]) == ("postgresql", "redis")
    assert all(part["ok"] for part in parts.values())


def test_no_secret_stands_in_a_log(server: Server) -> None:
    logs = "".join(Path(file).read_text() for file in server.data_dir.glob("*.log"))
    secret = urlsplit(os.environ["DATABASE_URL"]).password
    assert not secret or secret not in logs
