"""Events as short lines of text."""

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Any

from django.utils.formats import number_format
from django.utils.translation import gettext as _
from django.utils.translation import ngettext

from builds import guarding
from builds.models.build import BuildVerification
from builds.models.run import RunEvent
from builds.pages.durations import duration
from builds.pages.reading import count, lines, number, plain, rows

PAGE = 100
_LONGEST = 200
Payload = Mapping[str, Any]


@dataclass(frozen=True)
class EventRow:
    """One event for the list."""

    seq: int
    created_at: datetime
    kind: str
    node: str
    text: str


@dataclass(frozen=True)
class EventsPanel:
    """The first ``shown`` events; ``next_size`` is 0 when that is all of them."""

    rows: tuple[EventRow, ...]
    total: int
    next_size: int


def events_panel(events: Sequence[RunEvent], size: int) -> EventsPanel:
    """Return the first events, at least a page of them."""
    shown = max(PAGE, size)
    found = tuple(EventRow(each.seq, each.created_at, each.kind, each.node, text_of(each)) for each in events[:shown])
    return EventsPanel(found, len(events), shown + PAGE if len(events) > shown else 0)


def text_of(event: RunEvent) -> str:
    """Say in one line what an event tells; empty when its kind says it all."""
    tell = _TELLERS.get(event.kind)
    return tell(event.payload)[:_LONGEST] if tell else ""


def _tests(payload: Payload) -> str:
    passed, total = count(payload.get("passed")), count(payload.get("total"))
    return _("%(passed)d of %(total)d passed") % {"passed": passed, "total": total}


def _answer(payload: Payload) -> str:
    tokens = count(payload.get("tokens_input")) + count(payload.get("tokens_output"))
    counted = ngettext("%(count)d token", "%(count)d tokens", tokens) % {"count": tokens}
    return " · ".join([str(payload.get("purpose", "")), str(payload.get("model", "")), counted])


def _verification(payload: Payload) -> str:
    reached = plain(payload.get("verification", ""))
    return str(dict(BuildVerification.choices).get(reached, reached))


def _files(payload: Payload) -> str:
    names = ", ".join(lines(payload.get("paths")))
    return _("attempt %(attempt)d: %(paths)s") % {"attempt": count(payload.get("attempt")), "paths": names}


def _examples(payload: Payload) -> str:
    found = count(payload.get("count"))
    return ngettext("%(count)d example", "%(count)d examples", found) % {"count": found}


def _passages(payload: Payload) -> str:
    found = count(payload.get("count"))
    return ngettext("%(count)d passage", "%(count)d passages", found) % {"count": found}


def _control(payload: Payload) -> str:
    percent = number(payload.get("sensitivity_percent"))
    shown = "–" if percent is None else f"{percent:.0f} %"
    return _("sensitivity %(percent)s") % {"percent": shown}


def _reorder(payload: Payload) -> str:
    flaky = len(lines(payload.get("flaky")))
    return ngettext("%(count)d flaky test", "%(count)d flaky tests", flaky) % {"count": flaky}


def _scores(payload: Payload) -> str:
    quality, security = number(payload.get("quality_score")), number(payload.get("security_score"))
    return _("quality %(quality)s, security %(security)s") % {
        "quality": "–" if quality is None else number_format(quality, 1),
        "security": "–" if security is None else number_format(security, 1),
    }


def _came(payload: Payload) -> str:
    told = _("%(name)s: %(count)s characters")
    return ", ".join(
        told % {"name": plain(row.get("name", "")), "count": number_format(count(row.get("characters")))}
        for row in rows(payload.get("files"))
    )


def _heard(payload: Payload) -> str:
    return f"{plain(payload.get('model', ''))} · {duration(number(payload.get('seconds')) or 0)}"


def _found(payload: Payload) -> str:
    fields = payload.get("found")
    kinds = [each for each in fields.values() if isinstance(each, dict)] if isinstance(fields, dict) else []
    return guarding.in_words({kind: 1 for each in kinds for kind in each})


_TELLERS: dict[str, Callable[[Payload], str]] = {
    "build.submitted": lambda payload: plain(payload.get("project_name", "")),
    "request.redacted": _found,
    "request.sensitive_allowed": _found,
    "build.continued": lambda payload: _("goes on with: %(node)s") % {"node": plain(payload.get("node", ""))},
    "build.forked": lambda payload: _("starts from attempt %(attempt)d") % {"attempt": count(payload.get("attempt"))},
    "build.started": lambda payload: plain(payload.get("model", "")),
    "build.resumed": lambda payload: plain(payload.get("model", "")),
    "build.waiting": lambda payload: f"{plain(payload.get('code', ''))} → {plain(payload.get('until', ''))}",
    "build.failed": lambda payload: plain(payload.get("error_code", "")),
    "build.completed": _verification,
    "verdict.reached": _verification,
    "node.finished": lambda payload: duration((number(payload.get("duration_ms")) or 0) / 1000),
    "attachments.read": _came,
    "recording.heard": _heard,
    "analysis.made": lambda payload: plain(payload.get("problem", "")),
    "plan.proposed": lambda payload: ", ".join(str(row.get("path", "")) for row in rows(payload.get("files"))),
    "examples.found": _examples,
    "context.retrieved": _passages,
    "model.answered": _answer,
    "files.changed": _files,
    "tests.ran": _tests,
    "examples.ran": _tests,
    "reorder.ran": _reorder,
    "control.ran": _control,
    "analysis.finished": _scores,
}
