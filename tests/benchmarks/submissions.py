"""Submissions per second through the API of one web process, by one client and by several at once.

Uses DATABASE_URL and REDIS_URL, or SQLite; give it a database of its own. No worker runs, so nothing is built.
"""

import os
import statistics
import subprocess
import sys
import tempfile
import time
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path

import httpx

from tests.flows.servers import PASSWORD, ROOT, Server, free_port, running_process

CLIENTS, EACH, WARM_UP = (1, 8, 32), 640, 40
WANTED = {"project_name": "roman", "requirements": "A function that converts integers to Roman numerals and back"}


def main() -> None:
    """Serve, submit, print."""
    with tempfile.TemporaryDirectory() as folder:
        environment = {
            "AGENTSITE_DATA_DIR": folder,
            "AGENTSITE_ADMIN_PASSWORD": PASSWORD,
            "DJANGO_SETTINGS_MODULE": "agentsite.settings",
        }
        subprocess.run([sys.executable, "manage.py", "prepare"], cwd=ROOT, env=os.environ | environment, check=True)
        port, log = free_port(), Path(folder, "web.log")
        web = ["-m", "uvicorn", "agentsite.asgi:application", "--port", str(port), "--no-access-log"]
        with running_process(web, log, environment) as process:
            server = Server(process, f"http://127.0.0.1:{port}", Path(folder))
            server.wait_until_alive(log)
            measure(server)


def measure(server: Server) -> None:
    """Print a line for each number of clients."""
    with server.logged_in() as client:
        submissions(client, 1, WARM_UP)
        for clients in CLIENTS:
            started = time.perf_counter()
            taken = submissions(client, clients, EACH)
            rate = len(taken) / (time.perf_counter() - started)
            figures = f"median {statistics.median(taken) * 1000:6.1f} ms   worst {max(taken) * 1000:6.1f} ms"
            sys.stdout.write(f"{clients:3d} at once   {rate:6.0f} submissions/s   {figures}\n")


def submissions(client: httpx.Client, clients: int, count: int) -> list[float]:
    """Submit builds over connections that stay open; return each one's seconds."""
    with ThreadPoolExecutor(clients) as pool:
        return list(pool.map(lambda _: submission(client), range(count)))


def submission(client: httpx.Client) -> float:
    """Submit one build."""
    started = time.perf_counter()
    client.post("/api/v1/builds/", json=WANTED).raise_for_status()
    return time.perf_counter() - started


if __name__ == "__main__":
    main()
