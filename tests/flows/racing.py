"""A client process of a race: some identical POSTs at one moment, each over a connection of its own.

Reads what to send as JSON on standard input, and writes the answers as JSON on standard output.
"""

import json
import sys
import time
from concurrent.futures import ThreadPoolExecutor
from typing import Any

import httpx


def main() -> None:
    """Wait for the moment, send, tell."""
    wanted = json.loads(sys.stdin.read())
    urls = [wanted["urls"][number % len(wanted["urls"])] for number in range(wanted["count"])]
    with ThreadPoolExecutor(len(urls)) as pool:
        answers = list(pool.map(lambda url: _answer(url, wanted), urls))
    sys.stdout.write(json.dumps(answers))


def _answer(url: str, wanted: dict[str, Any]) -> dict[str, Any]:
    with httpx.Client(timeout=60) as client:
        client.get(f"{url}/livez")  # the connection is open before the moment comes
        time.sleep(max(0.0, wanted["at"] - time.time()))
        answer = client.post(url + wanted["path"], json=wanted["body"], headers=wanted["headers"])
    replayed = answer.headers.get("Idempotency-Replayed", "")
    body = answer.json()
    return {
        "status": answer.status_code,
        "location": answer.headers.get("Location"),
        "replayed": replayed,
        "body": body,
    }


if __name__ == "__main__":
    main()
