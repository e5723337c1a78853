"""What the one message of a build says: where it is, and in the end what came of it."""

from dataclasses import dataclass
from decimal import Decimal

from django.conf import settings
from django.db.models import Sum
from django.utils import timezone
from django.utils.formats import number_format
from django.utils.translation import gettext as _

from builds import failures
from builds.models.analysis import CodeAnalysis
from builds.models.build import Build
from builds.models.run import RunEvent
from builds.models.usage import TokenUsage
from builds.pages import is_cookbook, proofs, timeline
from builds.pages.durations import duration, money
from builds.pages.marks import status_mark, verification_mark
from builds.states import State
from telegram_link.splitting import escaped

SIGNS = {
    "check": "✅",
    "cross": "❌",
    "half": "🟡",
    "dash": "▫️",
    "shield": "🛡",
    "stop": "⏹",
    "pause": "⏸",
    "clock": "🕓",
    "running": "⚙️",
}
_STEPS = 8
_MAX_REASON = 600


@dataclass(frozen=True)
class Shown:
    """A message: its markup, and rows of buttons (label, what a press says)."""

    html: str
    buttons: list[list[list[str]]]


def shown(build: Build) -> Shown:
    """Return the message of a build as it stands now, in the language that is active."""
    return _ended(build) if build.is_final else _under_way(build)


def _under_way(build: Build) -> Shown:
    events = list(RunEvent.objects.filter(run_id=build.run_id).order_by("seq").defer("run"))
    steps = timeline.steps(events, is_final=False)
    current = next((step for step in steps if step.is_open), None)
    done = sum(step.seconds is not None for step in steps)
    line = current.title if current else str(status_mark(build.status).word)
    rows = [_head(build, SIGNS["running"]), f"{_bar(done, len(steps))} {escaped(line)}"]
    rows += [escaped(str(mark.word)) for mark in proofs.strip(build, events)]
    rows.append(_facts(build))
    return Shown("\n".join(rows), [[[_("Stop"), f"stop:{build.id.hex}"]]])


def _ended(build: Build) -> Shown:
    status = status_mark(build.status)
    sign = SIGNS["shield"] if build.verification == "verified" else SIGNS[status.icon]
    rows = [_head(build, sign), escaped(_verdict(build))]
    if build.error_code:
        rows.append(escaped(failures.message(build.error_code, build.error_details)[:_MAX_REASON]))
    rows += [f"{SIGNS.get(mark.icon, '▫️')} {escaped(str(mark.word))}" for mark in proofs.strip(build, [])]
    rows += [_scores(build), _facts(build)]
    return Shown("\n".join(row for row in rows if row), _buttons(build))


def _head(build: Build, sign: str) -> str:
    return f"{sign} <b>{escaped(build.project_name)}</b>"


def _verdict(build: Build) -> str:
    if build.status != State.COMPLETED:
        return str(status_mark(build.status).word)
    return str(verification_mark(build.verification).word)


def _bar(done: int, total: int) -> str:
    filled = round(_STEPS * min(done, total) / total) if total else 0
    return "▰" * filled + "▱" * (_STEPS - filled)


def _scores(build: Build) -> str:
    found = CodeAnalysis.objects.filter(build=build).values_list("quality_score", "security_score").first()
    named = zip((_("quality %s"), _("security %s")), found or (), strict=False)
    return " · ".join(words % number_format(score, 1) for words, score in named if score is not None)


def _facts(build: Build) -> str:
    spent = TokenUsage.objects.filter(build=build).aggregate(cost=Sum("cost_usd"))["cost"] or Decimal(0)
    model = _("cookbook") if is_cookbook(build.model) else build.model
    return escaped(" · ".join(part for part in (_elapsed(build), money(spent), model) if part))


def _elapsed(build: Build) -> str:
    if build.duration_seconds is not None:
        return duration(build.duration_seconds)
    return duration((timezone.now() - build.started_at).total_seconds()) if build.started_at else ""


def _buttons(build: Build) -> list[list[list[str]]]:
    name = build.id.hex
    files = [[_("Files"), f"files:{name}"], [_("Zip"), f"zip:{name}"]] if build.generated_code else []
    again = [[_("Retry"), f"retry:{name}"], *([[_("Change it"), f"fork:{name}"]] if files else [])]
    if build.verification == "verified":
        again.append([_("Deploy"), f"deploy:{name}"])
    return [row for row in (files, again, _link(build)) if row]


def _link(build: Build) -> list[list[str]]:
    if not settings.SITE_URL:
        return []
    return [[_("Open in the browser"), f"{settings.SITE_URL}{build.get_absolute_url()}"]]
