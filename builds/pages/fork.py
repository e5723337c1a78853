"""The page that continues a build: a new request that starts from one of its attempts."""

from collections.abc import Sequence
from dataclasses import dataclass

from django.http import HttpRequest

from builds import lineage, selectors
from builds.forms import ForkForm
from builds.models.build import Build
from builds.pages.once import new_token


@dataclass(frozen=True)
class ForkPage:
    """What the page says of the build beside its form."""

    build: Build
    form: ForkForm
    files: tuple[str, ...]
    """Paths of the attempt that is chosen at first."""


def fork_page(request: HttpRequest, build: Build) -> ForkPage:
    """Return the page with its form, filled from the address at first, bound to what was sent after that."""
    attempts = selectors.attempts(build.id)
    asked = request.GET.get("attempt", "")
    chosen = next((number for number in attempts if str(number) == asked), attempts[-1] if attempts else 0)
    initial = {"attempt": chosen, "token": new_token(), "model": build.wanted_model, "budget_usd": build.budget_usd}
    initial["without_memory"] = not build.use_memory
    sent = request.POST if request.method == "POST" else None
    form = ForkForm(sent, initial=initial, attempts=attempts, examples=_examples(build))
    paths = [file.path for file in selectors.files_of(build.id, chosen)]
    return ForkPage(build, form, tuple(paths))


def _examples(build: Build) -> Sequence[tuple[str, str]]:
    rows = lineage.examples_of(build)
    return [(str(row["expression"]), f"{row['expression']} → {row['expected'] or row['raises']}") for row in rows]
