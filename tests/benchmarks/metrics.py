"""What counting costs: requests per second of two web processes side by side, one of which counts and traces.

Uses DATABASE_URL and REDIS_URL, or SQLite. The two take turns, so that a busy machine is as busy for both.
"""

import json
import os
import re
import statistics
import subprocess
import sys
import tempfile
from contextlib import ExitStack
from pathlib import Path

from tests.flows.servers import PASSWORD, ROOT, Server, free_port, running_process
from tests.stand_ins.trace_receiver import TraceReceiver

ROUNDS, COUNT, WARM_UP, CONNECTIONS = 9, 300, 100, 4
PLAIN, COUNTED, TRACED = "without", "counted", "counted and traced"
_NO_QUOTA = "from agentsite.accounts.models import User; User.objects.update(api_quota_daily=10**6)"
_KEY = re.compile(r"\bags?_[\w-]+")


def main() -> None:
    """Serve, ask in turns, print."""
    with tempfile.TemporaryDirectory() as folder, TraceReceiver() as receiver, ExitStack() as stack:
        given = {
            "AGENTSITE_DATA_DIR": folder,
            "AGENTSITE_ADMIN_PASSWORD": PASSWORD,
            "DJANGO_SETTINGS_MODULE": "agentsite.settings",
        }
        _manage(given, "prepare")
        [key] = _KEY.findall(_manage(given, "create_api_key", "--user", "admin", "--name", "bench"))
        _manage(given, "shell", "-c", _NO_QUOTA)
        counting = {"PROMETHEUS_ENABLED": "true", "PROMETHEUS_TOKEN": "bench"}
        kinds = {
            PLAIN: given,
            COUNTED: given | counting,
            TRACED: given | counting | {"OTEL_EXPORTER_OTLP_ENDPOINT": receiver.url},
        }
        addresses = {name: _served(stack, Path(folder), name, more) for name, more in kinds.items()}
        _compare(addresses, key)


def _served(stack: ExitStack, folder: Path, name: str, environment: dict[str, str]) -> str:
    port, log = free_port(), folder / f"{name}.log"
    web = ["-m", "uvicorn", "agentsite.asgi:application", "--port", str(port), "--no-access-log", "--lifespan", "off"]
    process = stack.enter_context(running_process(web, log, environment))
    server = Server(process, f"http://127.0.0.1:{port}", folder)
    server.wait_until_alive(log)
    return server.url


def _compare(addresses: dict[str, str], key: str) -> None:
    rates: dict[str, list[float]] = {name: [] for name in addresses}
    for url in addresses.values():
        _asked(url, key, WARM_UP)
    for turn in range(ROUNDS):
        for name in list(addresses)[:: 1 if turn % 2 else -1]:
            rates[name].append(COUNT / _asked(addresses[name], key, COUNT))
    for name, seen in rates.items():
        ratio = statistics.median(each / plain for each, plain in zip(seen, rates[PLAIN], strict=True))
        sys.stdout.write(f"{name:20s} {statistics.median(seen):6.0f} requests/s   ratio {ratio:.3f}\n")


def _asked(url: str, key: str, count: int) -> float:
    wanted = {"url": f"{url}/api/v1/me/", "method": "GET", "status": 200, "key": key}
    wanted |= {"count": count, "connections": CONNECTIONS}
    words = [sys.executable, "-m", "tests.benchmarks.load"]
    sent = subprocess.run(words, cwd=ROOT, input=json.dumps(wanted), capture_output=True, text=True, check=True)
    return float(json.loads(sent.stdout)["seconds"])


def _manage(environment: dict[str, str], *words: str) -> str:
    command = [sys.executable, "manage.py", *words]
    done = subprocess.run(command, cwd=ROOT, env=os.environ | environment, check=True, capture_output=True, text=True)
    return done.stdout


if __name__ == "__main__":
    main()
