"""Build a program over the API and save its archive, with a client that was generated from the OpenAPI document.

script/client /tmp/api
AGENTSITE_KEY=… PYTHONPATH=/tmp/api python docs/examples/client.py "Leap years" /tmp/leap-years.zip
"""

import os
import sys
import time
import uuid
from pathlib import Path
from typing import NoReturn

from agentsite_client import AuthenticatedClient
from agentsite_client.api.builds import builds_archive, builds_create, builds_events, builds_retrieve
from agentsite_client.models import BuildDetail, BuildStatus, Error, EventPage, NewBuildRequest, Verification
from agentsite_client.types import File

ENDED = {BuildStatus.COMPLETED, BuildStatus.FAILED, BuildStatus.CANCELLED}


def main(requirements: str, archive: Path) -> int:
    """Submit a build, follow it to its end, save its files; 0 only when all of it was proved."""
    client = AuthenticatedClient(
        os.environ.get("AGENTSITE_URL", "http://127.0.0.1:8000"), token=os.environ["AGENTSITE_KEY"]
    )
    wanted = NewBuildRequest(project_name=requirements[:60], requirements=requirements)
    build = builds_create.sync(client=client, body=wanted, idempotency_key=str(uuid.uuid4()))
    build = followed(client, build) if isinstance(build, BuildDetail) else refused(build)
    print(f"{build.status.value}, {build.verification.value}: {build.error_message or build.summary}")
    files = builds_archive.sync(build.id, client=client)
    archive.write_bytes(files.payload.read() if isinstance(files, File) else refused(files))
    return 0 if build.verification is Verification.VERIFIED else 1


def followed(client: AuthenticatedClient, build: BuildDetail) -> BuildDetail:
    """Print each event as it comes; return the build once it has ended."""
    seen = 0
    while True:
        page = builds_events.sync(build.id, client=client, after=seen)
        for event in page.events if isinstance(page, EventPage) else refused(page):
            print(f"{event.seq:4d}  {event.kind}  {event.node}")
            seen = event.seq
        now = builds_retrieve.sync(build.id, client=client)
        build = now if isinstance(now, BuildDetail) else refused(now)
        if build.status in ENDED and build.last_seq <= seen:
            return build
        time.sleep(0.5)


def refused(answer: object) -> NoReturn:
    """End with what the server said."""
    sys.exit(f"{answer.error.message} {answer.error.hint}" if isinstance(answer, Error) else "unexpected answer")


if __name__ == "__main__":
    sys.exit(main(sys.argv[1], Path(sys.argv[2])))
