"""The one-command server as a stranger meets it: a real process, real HTTP, real sockets, a real browser."""

import io
import json
import subprocess
import sys
import zipfile
from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path
from typing import Any

import pytest
from websockets.sync.client import ClientConnection

from agentsite import health
from tests.flows.servers import ROOT, WANTED, Server, copy_prepared, running_server, wait_until_final
from tests.flows.worlds import wait_until

pytestmark = pytest.mark.sandbox


@pytest.fixture(scope="module")
def server(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Server]:
    with running_server(tmp_path_factory.mktemp("data"), from_nothing=True) as started:
        yield started


def events_until_final(connection: ClientConnection) -> list[tuple[int, str]]:
    seen: list[tuple[int, str]] = []
    while not seen or seen[-1][1] not in {"build.completed", "build.failed", "build.cancelled"}:
        seen.append(next_event(connection))
    return seen


def next_event(connection: ClientConnection) -> tuple[int, str]:
    message = {"type": "output"}
    while message["type"] != "event":  # streamed output comes in between
        message = json.loads(connection.recv(timeout=30))
    event: Any = message["event"]
    return event["seq"], event["kind"]


def test_it_lives_and_is_ready(server: Server) -> None:
    def states() -> dict[str, str]:
        return {name: part["state"] for name, part in client.get("/readyz").json()["parts"].items()}

    with server.logged_in() as client:
        assert client.get("/livez").json() == {"status": "ok"}
        wait_until(lambda: states()["workers"] == "ok")  # they say so a moment after the first page is there
        assert states() == dict.fromkeys(health.CHECKS, "ok") | {"bot": "off"}


def test_it_says_what_it_found(server: Server) -> None:
    log = (server.data_dir / "server.log").read_text()
    for found in ("database  sqlite", "broker    in process", "model     cookbook", "sandbox   bubblewrap"):
        assert found in log


def test_a_request_becomes_a_verified_build_whose_tests_pass_by_hand(server: Server, tmp_path: Path) -> None:
    with server.logged_in() as client:
        made = client.post("/api/v1/builds/", json=WANTED)
        assert made.status_code == 201
        build = wait_until_final(client, made.json()["id"])
        assert (build["status"], build["verification"]) == ("completed", "verified")
        archive = client.get(f"/api/v1/builds/{build['id']}/archive/").content
    zipfile.ZipFile(io.BytesIO(archive)).extractall(tmp_path)
    run = subprocess.run([str(ROOT / ".runtime/bin/python"), "-m", "pytest", "-q"], cwd=tmp_path / "years", check=False)
    assert run.returncode == 0


def test_two_watchers_see_the_same_events_and_one_that_comes_back_misses_none(server: Server) -> None:
    with server.logged_in() as client:
        build_id = client.post("/api/v1/builds/", json=WANTED).json()["id"]
        cookie = client.cookies["sessionid"]
        with server.socket(cookie, build_id) as steady, server.socket(cookie, build_id) as shaky:
            first = [next_event(shaky)[0]]
            shaky.close()
            everything = events_until_final(steady)
        with server.socket(cookie, build_id, after=first[-1]) as back:
            rest = events_until_final(back)
    assert [number for number, _ in everything] == list(range(1, len(everything) + 1))
    assert everything[len(first) :] == rest


@pytest.mark.parametrize("origin", ["http://elsewhere.example", "http://127.0.0.1.elsewhere.example"])
def test_a_socket_from_another_site_is_refused(server: Server, origin: str) -> None:
    from websockets.exceptions import InvalidStatus

    with server.logged_in() as client:
        build_id = client.post("/api/v1/builds/", json=WANTED).json()["id"]
        with pytest.raises(InvalidStatus), server.socket(client.cookies["sessionid"], build_id, origin=origin):
            pass


def test_a_second_server_on_the_same_data_is_refused(server: Server) -> None:
    with pytest.raises(AssertionError, match="Another server already uses"), running_server(server.data_dir):
        pass


def test_run_build_follows_a_server_that_is_running(server: Server, tmp_path: Path) -> None:
    run = run_build(server.data_dir, WANTED["requirements"], "--name", "years", "--out", str(tmp_path / "out"))
    assert "it builds, this follows" in run.stdout
    assert run.returncode == 0, run.stderr
    assert (tmp_path / "out/leap_years.py").is_file()


def run_build(data_dir: Path, *arguments: str) -> subprocess.CompletedProcess[str]:
    path = "/usr/sbin:/usr/bin:/sbin:/bin"
    environment = {"AGENTSITE_DATA_DIR": str(data_dir), "AGENT_MODEL": "cookbook", "PATH": path}
    command = [sys.executable, "manage.py", "run_build", *arguments]
    return subprocess.run(command, cwd=ROOT, env=environment, capture_output=True, text=True, check=False, timeout=400)


def test_run_build_without_a_model_is_verified(tmp_path: Path) -> None:
    run = run_build(tmp_path / "data", WANTED["requirements"], "--out", str(tmp_path / "out"))
    assert run.returncode == 0, run.stderr
    assert "completed, verified" in run.stdout
    assert "cookbook, not from a model" in run.stdout
    assert sorted(path.name for path in (tmp_path / "out").iterdir()) == [
        "README.md",
        "leap_years.py",
        "test_leap_years.py",
    ]


@pytest.mark.parametrize(
    ("arguments", "told"),
    [
        (("A scraper for job offers with a graphical interface",), "model.no_recipe"),
        pytest.param(("  ",), "request.invalid", marks=pytest.mark.thorough),
        pytest.param(("Roman numerals", "--language", "cobol"), "language", marks=pytest.mark.thorough),
        pytest.param(("Roman numerals", "--model", "nobody:knows"), "model", marks=pytest.mark.thorough),
        (("Roman numerals", "--user", "nobody"), "There is no account"),
    ],
)
def test_run_build_says_what_is_wrong_and_exits_with_1(tmp_path: Path, arguments: tuple[str, ...], told: str) -> None:
    copy_prepared(tmp_path / "data")
    run = run_build(tmp_path / "data", *arguments)
    assert run.returncode == 1
    assert told in run.stderr
    assert "Traceback" not in run.stderr


def test_run_build_never_writes_into_a_folder_that_holds_something(tmp_path: Path) -> None:
    (tmp_path / "kept.txt").write_text("mine")
    run = run_build(tmp_path / "data", "Roman numerals", "--out", str(tmp_path))
    assert run.returncode == 1
    assert "not an empty folder" in run.stderr


def test_a_server_that_was_killed_finishes_the_build_when_it_is_started_again(tmp_path: Path) -> None:
    with running_server(tmp_path) as first, first.logged_in() as client:
        build_id = client.post("/api/v1/builds/", json=WANTED).json()["id"]
        wait_until(lambda: client.get(f"/api/v1/builds/{build_id}/events/").json()["last_seq"] > 5)
        first.kill()
    with running_server(tmp_path) as second, second.logged_in() as client:
        assert wait_until_final(client, build_id)["verification"] == "verified"
        numbers = [event["seq"] for event in client.get(f"/api/v1/builds/{build_id}/events/").json()["events"]]
    assert numbers == list(range(1, len(numbers) + 1))


def test_a_server_that_is_told_to_stop_hands_its_build_back(tmp_path: Path) -> None:
    with running_server(tmp_path) as first, first.logged_in() as client:
        build_id = client.post("/api/v1/builds/", json=WANTED).json()["id"]
        wait_until(lambda: client.get(f"/api/v1/builds/{build_id}/events/").json()["last_seq"] > 5)
        first.process.terminate()
        assert first.process.wait(timeout=15) == 0
    with running_server(tmp_path) as second, second.logged_in() as client:
        assert wait_until_final(client, build_id)["verification"] == "verified"


def test_two_commands_on_the_same_data_both_end(tmp_path: Path) -> None:
    with ThreadPoolExecutor(2) as pool:
        runs = list(pool.map(lambda name: run_build(tmp_path / "data", WANTED["requirements"], "--name", name), "ab"))
    assert [run.returncode for run in runs] == [0, 0], [run.stderr for run in runs]


@pytest.mark.parametrize(
    ("name", "value"),
    [
        ("PORT", "x"),
        ("DATABASE_URL", "mysql://x"),
        ("DATABASE_URL", "postgres://h:xx/n"),
        ("REDIS_URL", "ftp://x"),
        ("REDIS_URL", "redis://h:xx"),
        ("LOG_LEVEL", "loud"),
        ("AGENT_MODEL", "nobody:knows"),
        ("OLLAMA_BASE_URL", "junk"),
        ("CSRF_TRUSTED_ORIGINS", "example.org"),
        ("DB_POOL_SIZE", "-1"),
    ],
)
def test_a_wrong_setting_stops_the_start_with_one_line(tmp_path: Path, name: str, value: str) -> None:
    environment = {"AGENTSITE_DATA_DIR": str(tmp_path), name: value}
    command = [sys.executable, "manage.py", "serve"]
    run = subprocess.run(command, cwd=ROOT, env=environment, capture_output=True, text=True, check=False, timeout=60)
    assert run.returncode != 0
    assert name in run.stderr
    assert len(run.stderr.strip().splitlines()) == 1
