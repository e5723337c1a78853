"""A process in which builds end: ``python -m tests.telegram.ending DATABASE``.

It reads ``[[user id, name], …]`` from its input, makes them running, says that it is ready, waits for a line on
its input, and ends them as a worker does, at once.
"""

import json
import sys

import django
from django.conf import settings


def main(database: str) -> None:
    """End the builds, and tell that they have ended."""
    django.setup()
    settings.DATABASES["default"]["NAME"] = database
    settings.AGENT_USER_CONCURRENCY = 64
    from agentsite.accounts.models import User
    from builds import services
    from tests import factories

    wanted = json.loads(sys.stdin.readline())
    people = User.objects.in_bulk([user for user, _name in wanted])
    running = [factories.running(people[user], name=name) for user, name in wanted]
    _tell("ready")
    sys.stdin.readline()
    for build, claim in running:
        services.fail_build(run_id=build.run_id, fence=claim.fence, code="tests.failing", details={}, state={})
    _tell("ended")


def _tell(word: str) -> None:
    sys.stdout.write(f"{word}\n")
    sys.stdout.flush()


if __name__ == "__main__":
    main(sys.argv[1])
