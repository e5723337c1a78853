"""States as people see them: an icon, a word and a tone; never a tone alone."""

from dataclasses import dataclass
from typing import Literal

from django.utils.functional import Promise
from django.utils.translation import gettext_lazy as _
from django.utils.translation import pgettext_lazy

from builds.models.build import BuildVerification
from builds.models.run import RunState
from builds.states import State, Verification

Tone = Literal["good", "bad", "warn", "run", "quiet"]


@dataclass(frozen=True)
class Mark:
    """An icon's name, its word, and the tone of its colour."""

    icon: str
    word: str | Promise
    tone: Tone


_STATUS: dict[str, tuple[str, Tone]] = {
    State.PENDING: ("clock", "quiet"),
    State.RUNNING: ("running", "run"),
    State.WAITING: ("pause", "warn"),
    State.COMPLETED: ("check", "good"),
    State.FAILED: ("cross", "bad"),
    State.CANCELLED: ("stop", "quiet"),
}
_VERIFICATION: dict[str, tuple[str, Tone]] = {
    Verification.VERIFIED: ("shield", "good"),
    Verification.PARTLY: ("half", "warn"),
    Verification.UNVERIFIED: ("dash", "quiet"),
}
OUTCOMES = {
    "passed": Mark("check", _("passed"), "good"),
    "failed": Mark("cross", pgettext_lazy("test", "failed"), "bad"),
    "error": Mark("cross", _("error"), "bad"),
    "skipped": Mark("dash", _("skipped"), "quiet"),
}
SEVERITIES = {
    "high": Mark("cross", _("high"), "bad"),
    "medium": Mark("warning", _("medium"), "warn"),
    "low": Mark("half", _("low"), "quiet"),
    "info": Mark("dash", _("info"), "quiet"),
}


def status_mark(status: str) -> Mark:
    """Return how a build's status is shown."""
    icon, tone = _STATUS[status]
    return Mark(icon, RunState(status).label, tone)


def verification_mark(verification: str) -> Mark:
    """Return how what was proved is shown."""
    icon, tone = _VERIFICATION[verification]
    return Mark(icon, BuildVerification(verification).label, tone)
