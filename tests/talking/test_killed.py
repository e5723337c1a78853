"""kill -9 while a proposal waits, and right after its answer, as real processes: the build goes on once."""

import time
from contextlib import closing
from pathlib import Path
from sqlite3 import connect
from typing import Any

import httpx
import pytest

from tests.flows.servers import running_server
from tests.flows.worlds import wait_until

pytestmark = pytest.mark.sandbox
ROMAN = "Write a Python function to_roman(number) that converts integers to Roman numerals.\n\nto_roman(4) == 'IV'"
API = "/api/v1"


def proposed(client: httpx.Client) -> str:
    """Begin a conversation, and wait for what it proposes."""
    conversation = client.post(f"{API}/conversations/", json={}).json()["id"]
    said = client.post(f"{API}/conversations/{conversation}/messages/", json={"content": ROMAN})
    assert said.status_code == 201
    wait_until(lambda: bool(pending(client)), seconds=60)
    return str(pending(client)[0]["id"])


def pending(client: httpx.Client) -> list[dict[str, Any]]:
    rows: list[dict[str, Any]] = client.get(f"{API}/approvals/", params={"status": "pending"}).json()["results"]
    return rows


def builds(client: httpx.Client) -> list[dict[str, Any]]:
    rows: list[dict[str, Any]] = client.get(f"{API}/builds/").json()["results"]
    return rows


def assert_built_once(client: httpx.Client, folder: Path) -> None:
    wait_until(lambda: [build["status"] for build in builds(client)] == ["completed"], seconds=90)
    assert builds(client)[0]["verification"] == "verified"
    with closing(connect(folder / "agentsite.sqlite3")) as database:
        (jobs,) = database.execute("SELECT count(*) FROM builds_job WHERE status = 'done' AND build_id IS NOT NULL")
        told = [row[0] for row in database.execute("SELECT content FROM memory_message ORDER BY seq")]
        seqs = [row[0] for row in database.execute("SELECT seq FROM memory_message ORDER BY seq")]
    assert jobs == (1,)
    assert len(told) == len(set(told)) == 4  # the request, the proposal, that it begins, how it ended
    assert seqs == [1, 2, 3, 4]


def test_a_server_killed_while_a_proposal_waits_builds_once_it_is_approved(tmp_path: Path) -> None:
    with running_server(tmp_path) as first, first.logged_in() as client:
        approval = proposed(client)
        first.kill()
    with running_server(tmp_path) as second, second.logged_in() as client:
        assert [row["id"] for row in pending(client)] == [approval]
        assert not builds(client)
        assert client.post(f"{API}/approvals/{approval}/approve/", json={}).status_code == 200
        assert_built_once(client, tmp_path)


@pytest.mark.parametrize("seconds", [0.0, *(pytest.param(later, marks=pytest.mark.thorough) for later in (0.15, 0.4))])
def test_a_server_killed_right_after_the_answer_builds_once(tmp_path: Path, seconds: float) -> None:
    with running_server(tmp_path) as first, first.logged_in() as client:
        approval = proposed(client)
        assert client.post(f"{API}/approvals/{approval}/approve/", json={}).status_code == 200
        time.sleep(seconds)
        first.kill()
    with running_server(tmp_path) as second, second.logged_in() as client:
        late = client.post(f"{API}/approvals/{approval}/approve/", json={})
        assert (late.status_code, late.json()["error"]["code"]) == (409, "approval.answered")
        assert_built_once(client, tmp_path)
