"""Real processes whose servers go away: cut, silent, killed. Named within two seconds, and well again afterwards."""

import json
import os
import subprocess
import sys
import time
from collections.abc import Iterator
from contextlib import ExitStack
from dataclasses import dataclass
from datetime import timedelta
from typing import Any
from urllib.parse import urlsplit, urlunsplit

import httpx
import pytest
from django.utils import timezone

from builds import tasks
from tests.databases import own_database
from tests.flows.servers import PASSWORD, ROOT, Server, free_port, running_process
from tests.stand_ins.tcp import Proxy, silent_server

pytestmark = [pytest.mark.alone, pytest.mark.services, pytest.mark.sandbox]
SECONDS = 3.0


@dataclass
class Installation:
    """A web process, a worker, and the ways to what they need."""

    server: Server
    environment: dict[str, str]
    database: Proxy
    broker: Proxy
    worker: "subprocess.Popen[str]"

    def parts(self) -> dict[str, Any]:
        """Return what is wrong by part, as ``/readyz`` says within its time."""
        begun = time.monotonic()
        told = httpx.get(f"{self.server.url}/readyz", timeout=20).json()
        assert time.monotonic() - begun < SECONDS
        return wrong(told["parts"]) | {"status": told["status"]}

    def doctor(self) -> dict[str, Any]:
        """Return the same as the doctor says."""
        words = [sys.executable, "manage.py", "doctor", "--quick", "--json"]
        run = subprocess.run(
            words, cwd=ROOT, env=self.environment, capture_output=True, text=True, check=False, timeout=30
        )
        told = json.loads(run.stdout)
        assert (run.returncode == 0) is told["ok"]
        assert all(part["seconds"] < SECONDS for name, part in told["parts"].items() if name != "sandbox")
        return wrong(told["parts"]) | {"status": told["status"]}

    def wait_until_well(self) -> None:
        until = time.monotonic() + 30
        while (found := self.parts()) != {"status": "ok"}:
            assert time.monotonic() < until, found
            time.sleep(0.3)


def wrong(parts: dict[str, Any]) -> dict[str, Any]:
    return {name: part.get("code") for name, part in parts.items() if part["state"] not in {"ok", "off"}}


def through(url: str, proxy: Proxy) -> str:
    parts = urlsplit(url)
    before, at, _ = parts.netloc.rpartition("@")
    return urlunsplit(parts._replace(netloc=f"{before}{at}127.0.0.1:{proxy.port}"))


def proxy_to(url: str, port: int) -> Proxy:
    parts = urlsplit(url)
    return Proxy(parts.hostname or "127.0.0.1", parts.port or port)


@pytest.fixture(scope="module")
def installation(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Installation]:
    folder, port = tmp_path_factory.mktemp("data"), free_port()
    with ExitStack() as held:
        url, redis_url = held.enter_context(own_database()), os.environ["REDIS_URL"]
        database, broker = held.enter_context(proxy_to(url, 5432)), held.enter_context(proxy_to(redis_url, 6379))
        environment = os.environ | {
            "AGENTSITE_DATA_DIR": str(folder),
            "AGENTSITE_ADMIN_PASSWORD": PASSWORD,
            "AGENT_MODEL": "cookbook",
            "DATABASE_URL": through(url, database),
            "REDIS_URL": through(redis_url, broker),
            "DJANGO_SETTINGS_MODULE": "agentsite.settings",
        }
        subprocess.run([sys.executable, "manage.py", "prepare"], cwd=ROOT, env=environment, check=True, timeout=120)
        web = ["-m", "uvicorn", "agentsite.asgi:application", "--port", str(port), "--lifespan", "off"]
        worker = ["-m", "celery", "-A", "agentsite", "worker", "-Q", "runs,short"]
        process = held.enter_context(running_process(web, folder / "web.log", environment))
        working = held.enter_context(running_process(worker, folder / "worker.log", environment))
        server = Server(process, f"http://127.0.0.1:{port}", folder)
        server.wait_until_alive(folder / "web.log")
        found = Installation(server, environment, database, broker, working)
        found.wait_until_well()
        yield found


DATABASE_AWAY = {"workers": "part.unknown", "audit": "part.unknown", "status": "not ready"}


def hint_too_late() -> None:
    """Send workers what they have to drop."""
    for _ in range(5):
        tasks.run_next.apply_async(expires=timezone.now() - timedelta(minutes=1))


def test_a_database_that_is_cut_or_silent_is_named_and_nothing_hangs(installation: Installation) -> None:
    hint_too_late()
    time.sleep(1)
    for fail in (installation.database.cut, installation.database.freeze):
        fail()
        hint_too_late()
        time.sleep(1.1)  # longer than an answer is shared
        found = [installation.parts() for _ in range(3)][-1]
        assert found.pop("database") in {"database.unreachable", "part.timed_out"}
        assert found.pop("model", "part.unknown") == "part.unknown"  # it may have been asked for just before
        assert found == DATABASE_AWAY
        assert httpx.get(f"{installation.server.url}/livez", timeout=2).status_code == 200
        if fail == installation.database.freeze:
            told = installation.doctor()
            assert told.pop("database") in {"database.unreachable", "part.timed_out"}
            assert told.pop("model", "part.unknown") == "part.unknown"
            assert told == DATABASE_AWAY
        installation.database.mend()
        installation.wait_until_well()
    assert installation.worker.poll() is None


def test_a_broker_that_is_cut_or_silent_is_named_and_builds_are_still_taken(installation: Installation) -> None:
    for fail in (installation.broker.cut, installation.broker.freeze):
        fail()
        time.sleep(1.1)
        named = {"broker": "broker.unreachable", "status": "degraded"}
        assert installation.parts() == named
        if fail == installation.broker.freeze:
            assert installation.doctor() == named
        installation.broker.mend()
        installation.wait_until_well()


@pytest.mark.thorough
def test_a_vector_store_that_never_answers_is_named_by_the_doctor(installation: Installation) -> None:
    with silent_server() as port:
        installation.environment["CHROMA_URL"] = f"http://127.0.0.1:{port}"
        told = installation.doctor()
    assert told.pop("vectors") in {"memory.index.unreachable", "part.timed_out"}
    assert told == {"status": "degraded"}
    del installation.environment["CHROMA_URL"]


def test_a_killed_worker_is_missed_at_once(installation: Installation) -> None:
    installation.worker.kill()
    installation.worker.wait()
    time.sleep(1.1)
    assert installation.parts() == {"workers": "workers.none", "status": "not ready"}
