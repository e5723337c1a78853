"""Numbers of the console as people read them, each with the list that shows its rows."""

from dataclasses import dataclass
from urllib.parse import urlencode

from django.urls import reverse
from django.utils.formats import number_format

from builds.models.run import Run
from builds.pages.durations import duration

NOTHING = "–"


@dataclass(frozen=True)
class Figure:
    """One number."""

    title: str
    value: str
    url: str = ""
    """The list with what is counted, if there is one."""
    note: str = ""
    tone: str = ""


def listed(model: str, /, **filters: object) -> str:
    """Return the address of a list, narrowed."""
    path = reverse(f"admin:{model}_changelist")
    return f"{path}?{urlencode(filters)}" if filters else path


def page_of(run: Run) -> str:
    """Return the address of the page about what stands on a run."""
    build = getattr(run, "build", None)
    if build is not None:
        return reverse("admin:builds_build_change", args=[build.pk])
    return reverse("admin:builds_run_change", args=[run.pk])


def length(seconds: float | None) -> str:
    """Return a length of time."""
    return NOTHING if seconds is None else duration(seconds)


def percent(part: int, whole: int) -> str:
    """Return a share; a dash where there is no whole."""
    return f"{number_format(round(100 * part / whole, 1), 1)} %" if whole else NOTHING
