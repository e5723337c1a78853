"""Workers that are killed in the middle of an analysis, as real processes: another one ends it, and ends it once."""

import os
import signal
import uuid
from collections.abc import Iterator
from contextlib import ExitStack, closing
from pathlib import Path
from sqlite3 import connect
from typing import Any
from urllib.parse import urlsplit, urlunsplit

import httpx
import psycopg
import pytest

from tests.flows.servers import PASSWORD, Server, free_port, running_process, running_server
from tests.flows.test_production_profile import prepare
from tests.flows.worlds import wait_until

pytestmark = pytest.mark.sandbox
ANALYSES = "/api/v1/analyses/"
CODE = {"language": "python", "code": "def half(number: int) -> int:\n    return 'half'\n"}
HOLDER = "SELECT lease_owner, fence FROM builds_run WHERE kind = 'analysis'"
TOLD = "SELECT kind FROM builds_runevent ORDER BY seq"
WRITTEN = "SELECT action FROM audit_auditlog WHERE resource_type = 'analysis' ORDER BY id"


def begun(client: httpx.Client) -> str:
    """Have code analysed, and wait until a worker has it."""
    address = str(client.post(ANALYSES, json=CODE).headers["Location"])
    wait_until(lambda: client.get(address).json()["started_at"] is not None, seconds=60)
    assert client.get(address).json()["state"] == "running"
    return address


def ended(client: httpx.Client, address: str) -> dict[str, Any]:
    wait_until(lambda: client.get(address).json()["completed_at"] is not None, seconds=90)
    told: dict[str, Any] = client.get(address).json()
    return told


def assert_ended_once(analysis: dict[str, Any], told: list[str], written: list[str]) -> None:
    assert (analysis["state"], analysis["tools_failed"]) == ("completed", {})
    assert len(analysis["type_errors"]) == 1
    assert told == ["analysis.submitted", "analysis.started", "analysis.resumed", "analysis.completed"]
    assert written == ["analysis.submitted", "analysis.completed"]


def test_a_server_that_was_killed_ends_the_analysis_when_it_is_started_again(tmp_path: Path) -> None:
    with running_server(tmp_path) as first, first.logged_in() as client:
        address = begun(client)
        first.kill()
    with running_server(tmp_path) as second, second.logged_in() as client:
        analysis = ended(client, address)
    with closing(connect(tmp_path / "agentsite.sqlite3")) as database:
        told, written = ([row[0] for row in database.execute(query)] for query in (TOLD, WRITTEN))
    assert_ended_once(analysis, told, written)


@pytest.fixture
def database() -> Iterator[str]:
    given, name = os.environ["DATABASE_URL"], f"agentsite_{uuid.uuid4().hex[:12]}"
    with psycopg.connect(given, autocommit=True) as connection:
        connection.execute(f'CREATE DATABASE "{name}"')
    yield urlunsplit(urlsplit(given)._replace(path=f"/{name}"))
    with psycopg.connect(given, autocommit=True) as connection:
        connection.execute(f'DROP DATABASE "{name}" WITH (FORCE)')


@pytest.mark.services
def test_of_two_workers_the_other_ends_what_the_killed_one_had(database: str, tmp_path: Path) -> None:
    port = free_port()
    environment = {
        "AGENTSITE_DATA_DIR": str(tmp_path),
        "AGENTSITE_ADMIN_PASSWORD": PASSWORD,
        "AGENT_MODEL": "cookbook",
        "DATABASE_URL": database,
        "DJANGO_SETTINGS_MODULE": "agentsite.settings",
    }
    prepare(environment)
    web = ["-m", "uvicorn", "agentsite.asgi:application", "--port", str(port), "--log-level", "warning"]
    worker = ["-m", "celery", "-A", "agentsite", "worker", "-Q", "runs,short", "-c", "2", "--prefetch-multiplier", "1"]
    with ExitStack() as running, psycopg.connect(database, autocommit=True) as tables:
        workers = {
            process.pid: process
            for name in ("one", "two")
            for process in [running.enter_context(running_process(worker, tmp_path / f"{name}.log", environment))]
        }
        process = running.enter_context(running_process(web, tmp_path / "web.log", environment))
        server = Server(process, f"http://127.0.0.1:{port}", tmp_path)
        server.wait_until_alive(tmp_path / "web.log")
        client = running.enter_context(server.logged_in())
        address = begun(client)
        ((owner, fence),) = tables.execute(HOLDER).fetchall()
        killed = workers[int(owner.split("/")[-2])]
        os.killpg(killed.pid, signal.SIGKILL)
        killed.wait()
        analysis = ended(client, address)
        told, written = ([row[0] for row in tables.execute(query)] for query in (TOLD, WRITTEN))
        ((_, last_fence),) = tables.execute(HOLDER).fetchall()
    assert_ended_once(analysis, told, written)
    assert (fence, last_fence) == (1, 2)
