"""A whole installation to be hurt: PostgreSQL, Redis, a model, a web server and workers, all of its own."""

import os
import subprocess
import sys
import tempfile
import time
from collections.abc import Iterator, Mapping
from concurrent.futures import ThreadPoolExecutor
from contextlib import ExitStack, contextmanager
from dataclasses import dataclass, field
from pathlib import Path

import django
import httpx
from websockets.sync.client import ClientConnection

from tests.chaos import census
from tests.chaos.programs import Program, postgresql, redis
from tests.chaos.slow_model import SlowModel
from tests.composition import ROOT, command, services
from tests.flows.servers import PASSWORD, Server, free_port
from tests.stand_ins.model_server import ModelServer
from tests.stand_ins.scripts import SLUGIFY_REQUEST

PREFIX = "agentsite-chaos-"
WORKERS = 3
TIDY_SECONDS = 20.0
"""A little longer than it takes a worker's lookout to sweep."""


@dataclass
class Installation:
    """The processes, and ways to look at them."""

    folder: Path
    environment: Mapping[str, str]
    postgresql: Program
    redis: Program
    web: Program
    url: str
    workers: list[Program]
    model: SlowModel
    model_server: ModelServer
    groups: tuple[Path, ...]
    client: httpx.Client = field(default_factory=httpx.Client)

    def submit(self, name: str) -> str:
        """Submit a build over the API under a model's name, by which it is known from then on; return its id.

        :raises httpx.HTTPStatusError: it was not taken.
        """
        wanted = {"project_name": name, "requirements": SLUGIFY_REQUEST, "model": f"openai:{name}"}
        answer = self.client.post("/api/v1/builds/", json=wanted)
        answer.raise_for_status()
        return str(answer.json()["id"])

    def socket(self, build: str, *, after: int) -> ClientConnection:
        """Open a build's socket after an event."""
        cookie = self.client.cookies["sessionid"]
        return Server(None, self.url, self.folder).socket(cookie, build, after)  # type: ignore[arg-type]

    def holder_of(self, lease_owner: str) -> Program | None:
        """Return the worker whose process stands in a lease; None when it is none of those that run."""
        pid = lease_owner.partition(":")[0].split("/")[-2:-1]
        return next((worker for worker in self.workers if [str(worker.pid)] == pid), None)

    def restart_ended(self) -> None:
        """Start the workers that were killed, without waiting for them."""
        for worker in self.workers:
            if not worker.is_running():
                worker.start(waits=False)

    def leftovers(self) -> list[str]:
        """Name what sandboxes have left once nothing runs any more; the next sweep may still be due."""
        until = time.monotonic() + TIDY_SECONDS
        while (left := self._left()) and time.monotonic() < until:
            time.sleep(0.5)
        return left

    def _left(self) -> list[str]:
        """A worker's own descendants are sandboxes, and so is what lost its parent and became a child of ours."""
        from tests.chaos import processes

        table = processes.children()
        ours = {worker.pid for worker in self.workers}
        known = ours | {self.postgresql.pid, self.redis.pid, self.web.pid}
        orphans = [child for child in table.get(os.getpid(), ()) if child.pid not in known and child.is_alive]
        inside = [process for pid in ours for process in processes.below(pid, table) if process.is_alive]
        temporary = self.folder / "tmp"
        return [*map(str, orphans + inside), *census.folders(temporary), *census.groups(self.groups)]


@contextmanager
def installed(seed: int) -> Iterator[Installation]:
    """Set everything up, and take all of it away at the end, however that comes."""
    with ExitStack() as stack:
        folder = Path(stack.enter_context(tempfile.TemporaryDirectory(prefix=PREFIX)))
        groups = stack.enter_context(census.private_groups(folder.name))
        folder.chmod(0o711)  # PostgreSQL's own user has to get through
        (folder / "tmp").mkdir()
        model = SlowModel(seed)
        model_server = stack.enter_context(ModelServer(model.reply_to))
        database, database_url = postgresql(folder)
        broker, redis_url = redis(folder)
        for server in (database, broker):
            stack.callback(server.end)
            server.start()
        environment = _environment(folder, database_url, redis_url, model_server)
        subprocess.run(
            [sys.executable, "manage.py", "prepare"], cwd=ROOT, env=environment, check=True, capture_output=True
        )
        web, url = _web(folder, environment)
        workers = [_worker(number, folder, environment) for number in range(1, WORKERS + 1)]
        stack.callback(_end_all, [web, *workers])
        for program in (web, *workers):
            program.start(waits=False)
        for program in (web, *workers):
            program.wait_until_ready()
        _look_at_its_tables(environment)
        _set_a_price()
        client = stack.enter_context(Server(None, url, folder).logged_in())  # type: ignore[arg-type]
        yield Installation(
            folder, environment, database, broker, web, url, workers, model, model_server, groups, client
        )


def _environment(folder: Path, database_url: str, redis_url: str, model: ModelServer) -> dict[str, str]:
    return {
        **{name: os.environ[name] for name in ("PATH", "SANDBOX_RUNTIME_DIR", "SANDBOX_CGROUP") if name in os.environ},
        "PATH": f"{Path(sys.executable).parent}:{os.environ['PATH']}",
        "PYTHONDONTWRITEBYTECODE": "1",
        "TMPDIR": str(folder / "tmp"),
        "DJANGO_SETTINGS_MODULE": "agentsite.settings",
        "AGENTSITE_DATA_DIR": str(folder / "data"),
        "AGENTSITE_ADMIN_PASSWORD": PASSWORD,
        "DATABASE_URL": database_url,
        "REDIS_URL": redis_url,
        "CHROMA_URL": f"http://127.0.0.1:{free_port()}",  # away: memory is searched by words, and workers start faster
        "AGENT_MODEL": "openai:nobody",
        "OPENAI_BASE_URL": model.openai_url,
        "OPENAI_API_KEY": "sk-stand-in-0123456789",
        "AGENT_USER_CONCURRENCY": "64",
    }


def _web(folder: Path, environment: Mapping[str, str]) -> tuple[Program, str]:
    port = free_port()
    words = [sys.executable, "-m", "uvicorn", "agentsite.asgi:application", "--port", str(port)]
    url = f"http://127.0.0.1:{port}"
    more = ["--log-level", "warning", "--no-access-log", "--timeout-graceful-shutdown", "2"]
    return Program("web", [*words, *more], folder / "web.log", environment, is_ready=lambda: _lives(url)), url


def _lives(url: str) -> bool:
    try:
        return httpx.get(f"{url}/livez", timeout=2).status_code == 200
    except httpx.HTTPError:
        return False


def _worker(number: int, folder: Path, environment: Mapping[str, str]) -> Program:
    """Start it with production's own words but for its name, of which there may be only one on a machine."""
    words = [word for word in command(services()["worker"]) if not word.startswith("--hostname")]
    log = folder / f"worker{number}.log"
    hostname = f"--hostname=worker{number}@%h"
    return Program(
        f"worker {number}",
        [sys.executable, "-m", *words, hostname],
        log,
        environment,
        is_ready=lambda: log.exists() and b"[queues]" in log.read_bytes(),
    )


def _end_all(programs: list[Program]) -> None:
    with ThreadPoolExecutor(len(programs)) as pool:
        list(pool.map(Program.end, programs))


def _set_a_price() -> None:
    """Let every call cost something, so that money is set aside for it and settled."""
    from builds.models.price import ModelPrice

    ModelPrice.objects.create(provider="openai", pattern="*", since="2026-01-01", input_usd=2, output_usd=10)


def _look_at_its_tables(environment: Mapping[str, str]) -> None:
    """Let this process read the installation's tables with the product's own models."""
    names = ("DJANGO_SETTINGS_MODULE", "AGENTSITE_DATA_DIR", "DATABASE_URL", "REDIS_URL")
    os.environ.update({name: environment[name] for name in names})
    django.setup()
