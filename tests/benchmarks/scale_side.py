"""One side of ``script/bench scale``: fills its database, tells what it can do, then does what it is asked for.

Speaks in lines: first the names, divided by ``|``; then, for each name that comes in, the seconds it took.
"""

import os
import sys
import time
from collections.abc import Callable

import django

os.environ.setdefault("DJANGO_SETTINGS_MODULE", "agentsite.settings")
os.environ.setdefault("ALLOWED_HOSTS", "testserver")
django.setup()

from django.core.management import call_command  # noqa: E402  Django must be set up first
from django.db import connection  # noqa: E402
from django.test import Client  # noqa: E402

from agentsite.accounts.models import User  # noqa: E402
from builds import seeding, services  # noqa: E402
from builds.models.build import Build  # noqa: E402


def main() -> None:
    """Fill; then answer until nothing more is asked for."""
    call_command("migrate", verbosity=0)
    call_command("collectstatic", verbosity=0, interactive=False)
    seeding.seed(int(sys.argv[1]))
    with connection.cursor() as cursor:
        cursor.execute("VACUUM ANALYZE" if connection.vendor == "postgresql" else "ANALYZE")
    asked = calls()
    say("|".join(asked))
    for line in sys.stdin:
        say(str(taken(asked[line.strip()])))


def say(line: str) -> None:
    """Write one line at once."""
    sys.stdout.write(f"{line}\n")
    sys.stdout.flush()


def taken(call: Callable[[], object]) -> float:
    """Return the seconds of a call."""
    started = time.perf_counter()
    call()
    return time.perf_counter() - started


def calls() -> dict[str, Callable[[], object]]:
    """Return what people do most, as one user of many; each owns as many builds on either side."""
    user = User.objects.get(username="seed-00003")
    client = Client()
    client.force_login(user)
    build = Build.objects.filter(user=user).order_by("-id")[500]
    second_page = client.get("/api/v1/builds/").json()["next"]
    return {
        "page: list of builds": lambda: client.get("/builds/"),
        "page: one build": lambda: client.get(f"/builds/{build.id}/"),
        "API: first page of the list": lambda: client.get("/api/v1/builds/"),
        "API: second page of the list": lambda: client.get(second_page),
        "API: list, failed only": lambda: client.get("/api/v1/builds/?status=failed"),
        "API: one build": lambda: client.get(f"/api/v1/builds/{build.id}/"),
        "service: submit a build": lambda: submit(user),
    }


def submit(user: User) -> None:
    """Submit a build and take it out of the queue again."""
    build = services.submit_build(user=user, project_name="one more", requirements="One more build.")
    services.cancel_build(user=user, build=build)


if __name__ == "__main__":
    main()
