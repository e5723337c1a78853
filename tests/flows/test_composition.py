"""Production as docker-compose.yml starts it, but as plain processes: the same commands, environments and checks.

Only addresses, ports and folders differ, and there are no walls between the services.
"""

import json
import os
import re
import subprocess
import sys
import time
from collections.abc import Iterator, Mapping
from contextlib import ExitStack
from dataclasses import dataclass
from pathlib import Path

import httpx
import pytest

from tests.composition import ROOT, Service, command, environment, services, without_variables
from tests.databases import as_web, own_database
from tests.flows.servers import WANTED, Server, free_port, running_process, wait_until_final

pytestmark = [pytest.mark.services, pytest.mark.sandbox]
PROGRAMS = Path(sys.executable).parent
IN_ORDER = ("chroma", "sandbox-runner", "worker", "beat", "web")
PASSED_ON = {"PATH": f"{PROGRAMS}:{os.environ['PATH']}", "DJANGO_SETTINGS_MODULE": "agentsite.settings"}
READY_SECONDS = 60
MAKE_PERSON = "from agentsite.accounts.models import User; User.objects.create_user('{name}', password='{password}')"
INSIDE = {"chroma": 8000, "web": 8000, "sandbox-runner": 8070, "worker": 9101}
FOLDER = re.compile(r"(?<![\w./])/(?:run/secrets|tmp|chroma|data)\b")


@dataclass(frozen=True)
class ByHand:
    """Services on this machine: what stands in the file in place of what."""

    folder: Path
    ports: Mapping[str, int]

    def local(self, name: str, text: str) -> str:
        """Turn a word of one service into what it is here."""
        for other, port in self.ports.items():
            text = text.replace(f"//{other}:{INSIDE[other]}", f"//127.0.0.1:{port}")
        if name in self.ports:
            own = re.compile(rf"(?<=^){INSIDE[name]}$|(?<=[:=]){INSIDE[name]}(?!\d)")
            text = own.sub(str(self.ports[name]), text)
        text = text.replace("redis://redis:6379/0", os.environ["REDIS_URL"]).replace("0.0.0.0", "127.0.0.1")  # noqa: S104
        return FOLDER.sub(lambda found: f"{self.folder}{found[0]}", text)

    def words(self, name: str) -> list[str]:
        """Return a service's command for this machine's Python."""
        first, *rest = (self.local(name, word) for word in command(services()[name]))
        return rest if first == "python" else [str(PROGRAMS / first), *rest]

    def surroundings(self, name: str) -> dict[str, str]:
        """Return all that a service knows from its environment."""
        own = {key: self.local(name, value) for key, value in environment(services()[name]).items()}
        more = {"SANDBOX_RUNTIME_DIR": os.environ.get("SANDBOX_RUNTIME_DIR", "")}
        return {**PASSED_ON, **more, **own, "AGENTSITE_DATA_DIR": f"{self.folder}/data"} | (
            {"AGENT_MODEL": "cookbook"} if "AGENT_MODEL" in own else {}
        )

    def is_healthy(self, name: str) -> bool:
        """Run a service's own check."""
        service: Service = services()[name]
        kind, *rest = (self.local(name, without_variables(word)) for word in service["healthcheck"]["test"])
        words = ["/bin/sh", "-c", *rest] if kind == "CMD-SHELL" else rest
        given = {**self.surroundings(name), "HOSTNAME": os.uname().nodename}
        return subprocess.run(words, cwd=ROOT, env=given, capture_output=True, check=False).returncode == 0


@pytest.fixture(scope="module")
def by_hand(tmp_path_factory: pytest.TempPathFactory) -> Iterator[ByHand]:
    """Lay out folders, secrets and a database, and prepare them as the one-shot service does."""
    folder = tmp_path_factory.mktemp("composition")
    for name in ("data", "tmp", "chroma", "run"):
        (folder / name).mkdir()
    secrets = folder / "run/secrets"
    subprocess.run([ROOT / "script/compose-secrets", secrets], check=True, capture_output=True)
    with own_database() as address:
        addresses = {
            "database_url": address,
            "web_database_url": as_web(address, (secrets / "database_web_password").read_text()),
        }
        for name, text in addresses.items():
            (secrets / name).chmod(0o600)
            (secrets / name).write_text(text)
        yield ByHand(folder, {name: free_port() for name in INSIDE})


@pytest.fixture(scope="module")
def web(by_hand: ByHand) -> Iterator[Server]:
    with ExitStack() as running:
        for name in IN_ORDER:
            if name == "worker":
                wait_until_healthy(by_hand, "chroma")
                prepare = [sys.executable, *by_hand.words("prepare")]
                subprocess.run(prepare, cwd=ROOT, env=by_hand.surroundings("prepare"), check=True, timeout=120)
            log = by_hand.folder / f"{name}.log"
            given = by_hand.surroundings(name)
            process = running.enter_context(running_process(by_hand.words(name), log, given, inherit=False))
        server = Server(process, f"http://127.0.0.1:{by_hand.ports['web']}", by_hand.folder)
        server.wait_until_alive(by_hand.folder / "web.log")
        yield server


def wait_until_healthy(by_hand: ByHand, name: str) -> None:
    until = time.monotonic() + READY_SECONDS
    while not by_hand.is_healthy(name):
        assert time.monotonic() < until, name
        time.sleep(0.5)


def test_everything_becomes_ready_although_the_web_cannot_ask_the_runner(web: Server, by_hand: ByHand) -> None:
    assert "SANDBOX_TOKEN_FILE" not in by_hand.surroundings("web")
    until = time.monotonic() + READY_SECONDS
    while (answer := httpx.get(f"{web.url}/readyz", timeout=30)).status_code != 200 and time.monotonic() < until:
        time.sleep(0.5)
    parts = answer.json()["parts"]
    assert {name: part["ok"] for name, part in parts.items()} == dict.fromkeys(parts, True)
    assert parts["sandbox"]["engine"] == "bubblewrap"
    assert parts["vectors"]["engine"] == "Chroma server"
    assert parts["database"]["engine"] == "postgresql"


@pytest.mark.parametrize("name", IN_ORDER)
def test_each_services_own_check_finds_it_well(web: Server, by_hand: ByHand, name: str) -> None:
    wait_until_healthy(by_hand, name)


def test_a_build_is_verified_and_its_code_ran_in_the_runner(web: Server, by_hand: ByHand) -> None:
    password = (by_hand.folder / "run/secrets/admin_password").read_text()
    with web.logged_in(password=password) as client:
        answer = client.post("/api/v1/builds/", json=WANTED)
        assert answer.status_code == 201, answer.text
        build = wait_until_final(client, answer.json()["id"])
    assert build["verification"] == "verified"
    assert "run exited" in (by_hand.folder / "sandbox-runner.log").read_text()


def test_prometheus_hears_of_the_build_where_it_ran_and_of_all_web_processes(web: Server, by_hand: ByHand) -> None:
    shown = {"Authorization": f"Bearer {(by_hand.folder / 'run/secrets/prometheus_token').read_text()}"}
    worker = f"http://127.0.0.1:{by_hand.ports['worker']}/metrics"
    told = httpx.get(worker, headers=shown, timeout=30).text
    assert 'agentsite_builds_finished_total{code="",status="completed",verification="verified"} 1.0' in told
    assert re.search(r'agentsite_sandbox_seconds_count\{language="python",outcome="exited"\} \d', told)
    assert httpx.get(worker).status_code == httpx.get(f"{web.url}/metrics").status_code == 404
    told = httpx.get(f"{web.url}/metrics", headers=shown, timeout=30).text
    assert 'agentsite_processes{role="web"} 3.0' in told
    assert 'agentsite_part_up{part="sandbox"} 1.0' in told


def test_behind_the_wall_people_see_their_own_builds_as_they_happen(web: Server, by_hand: ByHand) -> None:
    password = (by_hand.folder / "run/secrets/admin_password").read_text()
    for name in ("ada", "bob"):
        made = [sys.executable, "manage.py", "shell", "-c", MAKE_PERSON.format(name=name, password=password)]
        subprocess.run(made, cwd=ROOT, env=by_hand.surroundings("prepare"), check=True, timeout=60)
    with web.logged_in("ada", password) as ada, web.logged_in("bob", password) as bob:
        build_id = ada.post("/api/v1/builds/", json=WANTED).json()["id"]
        kinds = set[str]()
        with web.socket(ada.cookies["sessionid"], build_id) as socket:
            while "build.completed" not in kinds:
                message = json.loads(socket.recv(timeout=60))
                kinds.add(message["event"]["kind"] if message["type"] == "event" else message["type"])
        with ada.stream("GET", f"/api/v1/builds/{build_id}/events/stream/") as stream:
            assert any(line == "event: build.completed" for line in stream.iter_lines())
        assert [build["id"] for build in ada.get("/api/v1/builds/").json()["results"]] == [build_id]
        assert bob.get("/api/v1/builds/").json()["results"] == []
        assert bob.get(f"/api/v1/builds/{build_id}/").status_code == 404


def test_no_secret_stands_in_a_log(web: Server, by_hand: ByHand) -> None:
    logs = "".join(log.read_text() for log in by_hand.folder.glob("*.log"))
    secrets = [path.read_text() for path in (by_hand.folder / "run/secrets").iterdir()]
    assert [secret for secret in secrets if secret in logs] == []


def test_without_its_runner_the_worker_is_not_ready_and_says_so(web: Server, by_hand: ByHand) -> None:
    given = by_hand.surroundings("worker") | {"SANDBOX_URL": f"http://127.0.0.1:{free_port()}"}
    command = [sys.executable, "manage.py", "doctor"]
    told = subprocess.run(command, cwd=ROOT, env=given, capture_output=True, text=True, check=False)
    assert told.returncode == 1
    assert "sandbox-runner: not usable: sandbox.unreachable" in told.stdout
