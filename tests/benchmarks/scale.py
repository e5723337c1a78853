"""Listing a user's builds and opening one, with few and with many builds in the database; ratios in one run.

Uses DATABASE_URL, whose database it fills: give it one of its own. ``SMALL`` and ``LARGE`` set the sizes.
"""

import os
import statistics
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

SMALL, LARGE = int(os.environ.get("SMALL", "10000")), int(os.environ.get("LARGE", "1000000"))
ROUNDS = 60
WORST = 1.2


def main() -> None:
    """Fill, measure, fill up, measure again."""
    call_command("migrate", verbosity=0)
    call_command("collectstatic", verbosity=0, interactive=False)
    started = time.perf_counter()
    seeding.seed(SMALL)
    few = measured()
    seeding.seed(LARGE - SMALL, on_progress=progress)
    say(f"\n{LARGE:,} builds in place after {time.perf_counter() - started:.0f} s, on {connection.vendor}")
    many = measured()
    say(f"{'median of ' + str(ROUNDS):<34}{SMALL:>12,}{LARGE:>12,}{'ratio':>8}   (aim at most {WORST} ×)")
    for name, seconds in few.items():
        say(f"{name:<34}{seconds * 1000:>9.1f} ms{many[name] * 1000:>9.1f} ms{many[name] / seconds:>8.2f}")


def say(line: str) -> None:
    """Write one line."""
    sys.stdout.write(f"{line}\n")


def progress(done: int) -> None:
    """Show how far the filling is."""
    if done % 100_000 == 0:
        sys.stdout.write(f"\r{done:,}")
        sys.stdout.flush()


def measured() -> dict[str, float]:
    """Return the median seconds of what people do most, as one user among all."""
    with connection.cursor() as cursor:
        cursor.execute("ANALYZE")
    user = User.objects.get(username="seed-00003")
    client = Client()
    client.force_login(user)
    build = Build.objects.filter(user=user).order_by("-id")[500]
    cursor_page = client.get("/api/v1/builds/").json()["next"]
    asked = {
        "page: list of builds": lambda: client.get("/builds/"),
        "page: one build": lambda: client.get(f"/builds/{build.id}/"),
        "API: first page of the list": lambda: client.get("/api/v1/builds/"),
        "API: second page of the list": lambda: client.get(cursor_page),
        "API: list, failed only": lambda: client.get("/api/v1/builds/?status=failed"),
        "API: one build": lambda: client.get(f"/api/v1/builds/{build.id}/"),
        "service: submit a build": lambda: submit(user),
    }
    return {name: median(call) for name, call in asked.items()}


def submit(user: User) -> None:
    """Submit a build and take it out of the queue again."""
    build = services.submit_build(user=user, project_name="one more", requirements="One more build.")
    services.cancel_build(user=user, build=build)


def median(call: Callable[[], object]) -> float:
    """Return the median seconds of a call; the first ones warm up."""
    seconds = []
    for _ in range(ROUNDS):
        started = time.perf_counter()
        call()
        seconds.append(time.perf_counter() - started)
    return statistics.median(seconds[5:])


if __name__ == "__main__":
    main()
