"""Both services on one PostgreSQL and one Redis that were started for them, with one key."""

import json
import os
import subprocess
import sys
import tempfile
from collections.abc import Iterator, Mapping
from contextlib import ExitStack, contextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import Any
from urllib.parse import urlsplit

import django
import httpx

from tests.chaos import processes
from tests.chaos.programs import Program, postgresql, redis
from tests.composition import ROOT
from tests.flows.servers import PASSWORD, free_port

_USER, _SYSTEM = 11, 12
"""Places in ``/proc/PID/stat`` after the name."""
AGENTSITE, FASTAPI = "agentsite", "fastapi"
BENCH_PYTHON = ROOT / ".bench" / "bin" / "python"
_APPLICATIONS = {
    AGENTSITE: (sys.executable, "agentsite.asgi:application"),
    FASTAPI: (str(BENCH_PYTHON), "tests.benchmarks.fastapi_service.service:app"),
}


@dataclass
class Services:
    """Where they answer, and to which key."""

    folder: Path
    environment: Mapping[str, str]
    urls: dict[str, str]
    pids: dict[str, int]
    key: str
    build: str
    """A build that has ended."""

    def load(self, wanted: Mapping[str, Any]) -> dict[str, Any]:
        """Let a process of its own send requests; return what they took."""
        words = [sys.executable, "-m", "tests.benchmarks.load"]
        sent = subprocess.run(words, cwd=ROOT, input=json.dumps(wanted), capture_output=True, text=True, check=False)
        if sent.returncode:
            raise RuntimeError(sent.stderr[-2000:])
        answer: dict[str, Any] = json.loads(sent.stdout)
        return answer

    def cpu_seconds(self, name: str) -> float:
        """Return what one of them has computed so far, with its own processes."""
        pid = self.pids[name]
        descendants = [process.pid for process in processes.below(pid, processes.children())]
        return sum(_cpu_ticks(each) for each in (pid, *descendants)) / os.sysconf("SC_CLK_TCK")

    def end_what_waits(self) -> None:
        """Take what was submitted out of the queue, as workers would: it must not grow while this measures.

        And have both services' tables looked at, which autovacuum would come to in a minute: plans made while they
        were empty are made anew.
        """
        from django.db import connection
        from django.utils import timezone

        from builds.models.build import Build
        from builds.models.run import Run
        from builds.states import State

        Run.objects.filter(state=State.PENDING).update(state=State.COMPLETED, fence=1)
        ended = {"status": State.COMPLETED, "completed_at": timezone.now(), "duration_seconds": 20.0}
        Build.objects.filter(status=State.PENDING).update(**ended)
        with connection.cursor() as cursor:
            cursor.execute("ANALYZE")

    def queries(self) -> dict[str, int]:
        """Count what one request of each kind asks of the database."""
        from tests.benchmarks.api_queries import counted

        return {name: len(statements) for name, statements in counted(self.key, self.build).items()}


@contextmanager
def served(number: int) -> Iterator[Services]:
    """Set everything up, and take it away at the end."""
    with ExitStack() as stack:
        folder = Path(stack.enter_context(tempfile.TemporaryDirectory(prefix="agentsite-bench-")))
        folder.chmod(0o711)  # PostgreSQL's own user has to get through
        database, database_url = postgresql(folder)
        broker, redis_url = redis(folder)
        for server in (database, broker):
            stack.callback(server.end)
            server.start()
        environment = _environment(folder, database_url, redis_url)
        words = [sys.executable, "manage.py", "prepare"]
        subprocess.run(words, cwd=ROOT, env=environment, check=True, capture_output=True)
        os.environ.update(environment)
        django.setup()
        key, build = _somebody()
        services = Services(folder, environment, {}, {}, key, build)
        for name in _APPLICATIONS:
            url, pid = stack.enter_context(running(name, folder, environment, number))
            services.urls[name], services.pids[name] = url, pid
        yield services


@contextmanager
def running(
    name: str, folder: Path, environment: Mapping[str, str], number: int = 1, application: str = ""
) -> Iterator[tuple[str, int]]:
    """Serve one of them, or another application in its place, by some processes; give its address and first process."""
    python, usual = _APPLICATIONS[name]
    port = free_port()
    words = [python, "-m", "uvicorn", application or usual, "--port", str(port), "--workers", str(number)]
    url = f"http://127.0.0.1:{port}"
    more = ["--no-access-log", "--log-level", "warning"]
    program = Program(name, [*words, *more], folder / f"{name}.log", environment, is_ready=lambda: _answers(url))
    program.start()
    try:
        yield url, program.pid
    finally:
        program.end()


def _cpu_ticks(pid: int) -> int:
    fields = Path(f"/proc/{pid}/stat").read_text("utf-8", errors="replace").rpartition(")")[2].split()
    return int(fields[_USER]) + int(fields[_SYSTEM])


def _answers(url: str) -> bool:
    try:
        return httpx.get(f"{url}/api/v1/builds/", timeout=2).status_code in {401, 422}
    except httpx.HTTPError:
        return False


def _environment(folder: Path, database_url: str, redis_url: str) -> dict[str, str]:
    where = urlsplit(database_url)
    return {
        "PATH": f"{Path(sys.executable).parent}:{os.environ['PATH']}",
        "DJANGO_SETTINGS_MODULE": "agentsite.settings",
        "AGENTSITE_DATA_DIR": str(folder / "data"),
        "AGENTSITE_ADMIN_PASSWORD": PASSWORD,
        "DATABASE_URL": database_url,
        "BENCH_DATABASE_URL": f"postgresql+asyncpg://{where.netloc}{where.path}",
        "REDIS_URL": redis_url,
        "AGENT_MODEL": "cookbook",
        "LOG_LEVEL": "ERROR",
        "BENCH_SAMPLES": str(folder / "samples.json"),
    }


def _somebody() -> tuple[str, str]:
    """Make somebody with a key and a build that has ended."""
    from agentsite.accounts import keys
    from agentsite.accounts.models import User
    from tests import factories

    user = User.objects.create_user("bench", password=PASSWORD, api_quota_daily=100_000_000)
    build = factories.completed(user)
    return keys.create_api_key(user=user, name="bench").secret, str(build.id)
