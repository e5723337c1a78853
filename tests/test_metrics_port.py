"""The port at which workers and bots answer for themselves, and the folder that processes count in."""

import os
import subprocess
import sys
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import httpx
import pytest

from agentsite.common import exposition
from tests.flows.servers import ROOT, free_port, running_server

TOKEN = "a token"


@pytest.fixture
def address(settings: Any) -> Iterator[str]:
    settings.PROMETHEUS_ENABLED, settings.PROMETHEUS_TOKEN = True, TOKEN
    settings.PROMETHEUS_HOST, settings.PROMETHEUS_PORT = "127.0.0.1", free_port()
    server = exposition.serve_if_wanted()
    assert server is not None
    yield f"http://127.0.0.1:{settings.PROMETHEUS_PORT}"
    server.shutdown()
    server.server_close()


def shown(token: str) -> dict[str, str]:
    return {"Authorization": f"Bearer {token}"}


def test_it_tells_whoever_has_the_token_and_nobody_else(address: str) -> None:
    answer = httpx.get(f"{address}/metrics", headers=shown(TOKEN))
    assert answer.status_code == 200
    assert "# TYPE agentsite_node_seconds histogram" in answer.text
    assert answer.headers["Content-Type"].startswith("text/plain")
    for path, token in (
        ("/metrics", "another"),
        ("/metrics", "ä".encode().hex()),
        ("/", TOKEN),
        ("/metrics/../etc", TOKEN),
    ):
        refused = httpx.get(address + path, headers=shown(token))
        assert (refused.status_code, refused.content) == (404, b"")
    assert httpx.post(f"{address}/metrics", headers=shown(TOKEN)).status_code == 501


def test_a_port_that_is_taken_hinders_no_work(address: str, caplog: pytest.LogCaptureFixture) -> None:
    assert exposition.serve_if_wanted() is None
    assert "metrics.port_taken" in caplog.text


@pytest.mark.parametrize("wanted", [(False, 9), (True, 0)])
def test_nothing_listens_unless_it_is_wanted(settings: Any, wanted: tuple[bool, int]) -> None:
    settings.PROMETHEUS_ENABLED, settings.PROMETHEUS_PORT = wanted
    assert exposition.serve_if_wanted() is None


def started(data_dir: Path, **environment: str) -> "subprocess.CompletedProcess[str]":
    given = {name: value for name, value in os.environ.items() if name not in {"DATABASE_URL", "REDIS_URL"}}
    given |= {"AGENTSITE_DATA_DIR": str(data_dir), "DJANGO_SETTINGS_MODULE": "agentsite.settings"} | environment
    command = [sys.executable, "-c", "import django; django.setup()"]
    return subprocess.run(command, cwd=ROOT, env=given, capture_output=True, text=True, check=False)


def test_a_folder_that_cannot_be_written_in_stops_the_start_with_one_line(tmp_path: Path) -> None:
    (tmp_path / "file").touch()
    wrong = {"PROMETHEUS_ENABLED": "true", "PROMETHEUS_MULTIPROC_DIR": str(tmp_path / "file")}
    told = started(tmp_path, **wrong)
    assert told.returncode == 1
    assert told.stderr.startswith("PROMETHEUS_MULTIPROC_DIR: cannot make ")
    assert told.stderr.count("\n") == 1


def test_files_are_written_only_where_somebody_asks(tmp_path: Path) -> None:
    assert started(tmp_path).returncode == 0
    assert not (tmp_path / "metrics").exists()
    assert started(tmp_path, PROMETHEUS_ENABLED="true").returncode == 0
    assert (tmp_path / "metrics").is_dir()


@pytest.mark.thorough
def test_a_server_goes_on_counting_where_a_killed_one_stopped(tmp_path: Path) -> None:
    counting: dict[str, Any] = {"PROMETHEUS_ENABLED": "true", "PROMETHEUS_TOKEN": TOKEN}

    def counted(url: str) -> float:
        lines = httpx.get(f"{url}/metrics", headers=shown(TOKEN), timeout=30).text.splitlines()
        [line] = [
            each for each in lines if each.startswith('django_http_responses_total_by_status_total{status="404"}')
        ]
        return float(line.rpartition(" ")[2])

    with running_server(tmp_path, **counting) as server:
        for _ in range(5):
            httpx.get(f"{server.url}/nothing/")
        assert counted(server.url) == 5
        server.kill()
    with running_server(tmp_path, **counting) as server:
        httpx.get(f"{server.url}/nothing/")
        assert counted(server.url) == 6
        assert len(list((tmp_path / "metrics").glob("*.alive"))) == 1
