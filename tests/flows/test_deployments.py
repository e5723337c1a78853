"""A deployment from beginning to end on a real server: a build of the cookbook, real git, the real sandbox, a clone."""

import json
import subprocess
from pathlib import Path
from typing import Any

import httpx
import pytest

from tests.deployments.worlds import git
from tests.flows.servers import WANTED, Server, running_server, wait_until_final
from tests.flows.worlds import wait_until

pytestmark = pytest.mark.sandbox


def never_asked(client: httpx.Client) -> None:
    assert client.patch("/api/v1/me/agent/", json={"approval_policy": "never"}).status_code == 200


def verified(client: httpx.Client) -> str:
    build = str(client.post("/api/v1/builds/", json=WANTED).json()["id"])
    assert wait_until_final(client, build, seconds=90)["verification"] == "verified"
    return build


def deployed(client: httpx.Client, build: str, target: str) -> dict[str, Any]:
    answer = client.post("/api/v1/deployments/", json={"build": build, "target": target})
    assert answer.status_code == 202, answer.text
    return ended(client, answer.headers["Location"])


def ended(client: httpx.Client, address: str) -> dict[str, Any]:
    wait_until(lambda: client.get(address).json()["finished_at"] is not None, seconds=90)
    told: dict[str, Any] = client.get(address).json()
    return told


def clone_address(server: Server, path: str, secret: str) -> str:
    return f"{server.url.replace('://', f'://anybody:{secret}@')}{path}"


def test_a_build_is_deployed_and_cloned(tmp_path: Path) -> None:
    with running_server(tmp_path) as server, server.logged_in() as client:
        never_asked(client)
        build = verified(client)
        made = client.post("/api/v1/targets/", json={"name": "production"}).json()
        done = deployed(client, build, made["id"])
        assert (done["status"], done["error_code"]) == ("healthy", ""), done["report_text"]
        scopes = {"name": "clones", "scopes": ["builds:read"]}
        secret = client.post("/api/v1/keys/", json=scopes).json()["secret"]
        home = tmp_path / "home"
        for number, path in enumerate([made["clone_path"], "/git/admin/production.git"]):
            folder = home / str(number)
            git("clone", "--quiet", clone_address(server, path, secret), folder)
            assert git("rev-parse", "HEAD", cwd=folder) == done["git_sha"]
            assert json.loads((folder / "evidence.json").read_text())["build"] == build
        refs = git("ls-remote", clone_address(server, made["clone_path"], secret))
        assert {row.split("\t")[1] for row in refs.splitlines()} == {"HEAD", "refs/heads/main"}
        (home / "0" / "more.txt").write_text("more")
        git("-C", home / "0", "add", ".")
        git("-C", home / "0", "-c", "user.name=a", "-c", "user.email=a@b", "commit", "-qm", "more")
        with pytest.raises(subprocess.CalledProcessError) as refused:
            git("-C", home / "0", "push", "origin", "main")
        assert "403" in refused.value.stderr
        with pytest.raises(subprocess.CalledProcessError):
            git("clone", clone_address(server, made["clone_path"], "ags_wrong_key"), home / "none")
