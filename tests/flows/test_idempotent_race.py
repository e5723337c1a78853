"""The same POST twenty times at once, from several client processes to several web processes."""

import json
import os
import subprocess
import sys
import time
import uuid
from collections import Counter
from collections.abc import Iterator
from contextlib import ExitStack
from dataclasses import dataclass
from typing import Any
from urllib.parse import urlsplit, urlunsplit

import psycopg
import pytest

from tests.flows.servers import PASSWORD, ROOT, WANTED, Server, free_port, running_process

pytestmark = pytest.mark.services
CLIENTS, EACH, WEBS = 4, 5, 2


@dataclass
class Site:
    """Web processes on one database."""

    database: str
    urls: list[str]
    key: str

    def raced(self, path: str, body: object, key: str) -> list[dict[str, Any]]:
        """Send the same POST at once; return all answers."""
        headers = {"Authorization": f"Bearer {self.key}", "Idempotency-Key": key}
        wanted = {"urls": self.urls, "path": path, "body": body, "headers": headers, "count": EACH}
        given = json.dumps(wanted | {"at": time.time() + 4})
        words = [sys.executable, "-m", "tests.flows.racing"]
        pipes: dict[str, Any] = {"stdin": subprocess.PIPE, "stdout": subprocess.PIPE, "text": True, "cwd": ROOT}
        clients: list[Any] = [subprocess.Popen(words, **pipes) for _ in range(CLIENTS)]
        for client in clients:
            client.stdin.write(given)
            client.stdin.close()
        return [answer for client in clients for answer in json.loads(client.stdout.read())]

    def count(self, table: str) -> int:
        """Count a table's rows."""
        with psycopg.connect(self.database) as connection:
            row = connection.execute(f"SELECT count(*) FROM {table}").fetchone()  # noqa: S608  a name of ours
        return int(row[0]) if row else 0


@pytest.fixture(scope="module")
def database() -> Iterator[str]:
    given, name = os.environ["DATABASE_URL"], f"agentsite_{uuid.uuid4().hex[:12]}"
    with psycopg.connect(given, autocommit=True) as connection:
        connection.execute(f'CREATE DATABASE "{name}"')
    yield urlunsplit(urlsplit(given)._replace(path=f"/{name}"))
    with psycopg.connect(given, autocommit=True) as connection:
        connection.execute(f'DROP DATABASE "{name}" WITH (FORCE)')


@pytest.fixture(scope="module")
def site(database: str, tmp_path_factory: pytest.TempPathFactory) -> Iterator[Site]:
    folder = tmp_path_factory.mktemp("data")
    environment = {
        "AGENTSITE_DATA_DIR": str(folder),
        "AGENTSITE_ADMIN_PASSWORD": PASSWORD,
        "AGENT_MODEL": "cookbook",
        "DATABASE_URL": database,
        "DJANGO_SETTINGS_MODULE": "agentsite.settings",
    }
    command = [sys.executable, "manage.py", "prepare"]
    subprocess.run(command, cwd=ROOT, env=os.environ | environment, check=True, timeout=120)
    with ExitStack() as running:
        urls = []
        for number in range(WEBS):
            port, log = free_port(), folder / f"web{number}.log"
            web = ["-m", "uvicorn", "agentsite.asgi:application", "--port", str(port), "--log-level", "warning"]
            process = running.enter_context(running_process(web, log, environment))
            server = Server(process, f"http://127.0.0.1:{port}", folder)
            server.wait_until_alive(log)
            urls.append(server.url)
        with server.logged_in() as browser:
            key = browser.post("/api/v1/keys/", json={"name": "racer", "scopes": ["admin"]}).json()["secret"]
        yield Site(database, urls, key)


def test_twenty_identical_posts_at_once_make_one_build(site: Site) -> None:
    answers = site.raced("/api/v1/builds/", WANTED, "race-1")
    assert len(answers) == CLIENTS * EACH
    assert {answer["status"] for answer in answers} == {201}
    assert len({answer["body"]["id"] for answer in answers}) == 1
    assert {answer["location"] for answer in answers} == {f"/api/v1/builds/{answers[0]['body']['id']}/"}
    assert sorted(answer["replayed"] for answer in answers) == [""] + ["true"] * (CLIENTS * EACH - 1)
    first = next(answer["body"] for answer in answers if not answer["replayed"])
    assert all(answer["body"] == first for answer in answers)
    assert (site.count("builds_build"), site.count("builds_run")) == (1, 1)


def test_a_secret_is_told_to_one_of_those_who_asked_at_once(site: Site) -> None:
    before = site.count("accounts_apikey")
    answers = site.raced("/api/v1/keys/", {"name": "made at once"}, "race-2")
    assert {answer["status"] for answer in answers} == {201}
    assert len({answer["body"]["id"] for answer in answers}) == 1
    assert sum(answer["body"]["secret"] is not None for answer in answers) == 1
    assert site.count("accounts_apikey") == before + 1


def test_one_refusal_leaves_the_key_to_the_next(site: Site) -> None:
    answers = site.raced("/api/v1/builds/", {"project_name": "x"}, "race-3")
    assert {(answer["status"], answer["replayed"]) for answer in answers} == {(400, "")}
    again = site.raced("/api/v1/builds/", WANTED, "race-3")
    assert {answer["status"] for answer in again} == {201}
    assert len({answer["body"]["id"] for answer in again}) == 1


def test_of_twenty_calls_at_once_exactly_those_are_let_in_that_are_left(site: Site) -> None:
    with psycopg.connect(site.database, autocommit=True) as connection:
        connection.execute(
            "UPDATE accounts_user SET api_quota_daily = 7 +"
            " (SELECT sum(api_calls) FROM accounts_dailyusage WHERE user_id = accounts_user.id)"
        )
        answers = site.raced("/api/v1/builds/", {"project_name": "x"}, "race-4")
        connection.execute("UPDATE accounts_user SET api_quota_daily = 100000")
    assert Counter(answer["status"] for answer in answers) == {400: 7, 429: CLIENTS * EACH - 7}
