"""A client that a generator made from the OpenAPI document alone, against a real server."""

import os
import subprocess
import sys
import zipfile
from collections.abc import Iterator
from pathlib import Path

import pytest

from tests.flows.servers import ROOT, Server, running_server

LEAP_YEARS = "A function that says whether a year is a leap year"


@pytest.fixture(scope="module")
def generated(tmp_path_factory: pytest.TempPathFactory) -> Path:
    folder = tmp_path_factory.mktemp("client")
    given = os.environ | {"AGENTSITE_PYTHON": sys.executable, "DJANGO_SETTINGS_MODULE": "agentsite.settings"}
    made = subprocess.run([ROOT / "script/client", folder], env=given, capture_output=True, text=True, check=False)
    assert made.returncode == 0, made.stdout + made.stderr
    assert "arning" not in made.stdout + made.stderr
    return folder


@pytest.fixture
def server(tmp_path: Path) -> Iterator[Server]:
    with running_server(tmp_path) as started:
        yield started


def example(server: Server, generated: Path, key: str, *arguments: str) -> subprocess.CompletedProcess[str]:
    given = {"AGENTSITE_URL": server.url, "AGENTSITE_KEY": key, "PYTHONPATH": str(generated)}
    words: list[str | Path] = [sys.executable, ROOT / "docs/examples/client.py", *arguments]
    return subprocess.run(words, env=os.environ | given, capture_output=True, text=True, timeout=120, check=False)


@pytest.mark.sandbox
def test_the_documents_example_builds_a_verified_program(server: Server, generated: Path, tmp_path: Path) -> None:
    with server.logged_in() as client:
        key = client.post("/api/v1/keys/", json={"name": "example"}).json()["secret"]
    archive = tmp_path / "leap-years.zip"
    ran = example(server, generated, key, LEAP_YEARS, str(archive))
    assert ran.returncode == 0, ran.stdout + ran.stderr
    assert "build.submitted" in ran.stdout
    assert "completed, verified" in ran.stdout
    assert "evidence.json" in zipfile.ZipFile(archive).namelist()
    told = example(server, generated, "wrong", LEAP_YEARS, str(archive))
    assert (told.returncode, told.stdout) == (1, "")
    assert "Nobody is logged in." in told.stderr
