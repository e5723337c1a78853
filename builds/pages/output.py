"""The Output tab: what the agent said and did, as stored; what streams in meanwhile is added by the page's script."""

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from typing import Any

from django.utils.functional import Promise
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy, ngettext

from builds.models.build import Build
from builds.models.run import RunEvent
from builds.pages import is_cookbook
from builds.pages.durations import duration
from builds.pages.reading import count, lines, number, part, plain, rows
from builds.pages.telling import text_of

_PURPOSES: dict[str, str | Promise] = {
    "analyse": gettext_lazy("Answer: analysis"),
    "plan": gettext_lazy("Answer: plan"),
    "code": gettext_lazy("Answer: code"),
    "tests": gettext_lazy("Answer: tests"),
    "repair": gettext_lazy("Answer: repair"),
    "format": gettext_lazy("Answer, with its format mended"),
}
_LOG_CHARACTERS = 60_000
Payload = Mapping[str, Any]


@dataclass(frozen=True)
class Block:
    """One piece of output: a title, a sentence, a list and a text, each of which may be missing."""

    key: str
    title: str
    node: str = ""
    meta: str = ""
    sentence: str = ""
    items: tuple[str, ...] = ()
    text: str = ""


def blocks(build: Build, events: Sequence[RunEvent]) -> tuple[Block, ...]:
    """Return the stored output, oldest first."""
    found = [_block(event) for event in events if event.kind in _BLOCKS]
    if build.build_logs:
        text = plain(build.build_logs[-_LOG_CHARACTERS:])
        found.append(Block("log", _("What the tests printed"), "finalise", text=text))
    return tuple(found)


def _block(event: RunEvent) -> Block:
    fields = _BLOCKS[event.kind](event.payload)
    return Block(key=str(event.seq), node=event.node, **fields)


def _answered(payload: Payload) -> dict[str, Any]:
    purpose = str(payload.get("purpose", ""))
    seconds = (number(payload.get("duration_ms")) or 0) / 1000
    given, answered = count(payload.get("tokens_input")), count(payload.get("tokens_output"))
    model = str(payload.get("model", ""))
    meta = (
        _("offline cookbook · %(time)s") % {"time": duration(seconds)}
        if is_cookbook(model)
        else _("%(model)s · %(given)d tokens in, %(answered)d out · %(time)s")
        % {"model": model, "given": given, "answered": answered, "time": duration(seconds)}
    )
    title = str(_PURPOSES.get(purpose, _("Answer")))
    return {"title": title, "meta": meta, "text": plain(payload.get("output", ""))}


def _analysed(payload: Payload) -> dict[str, Any]:
    names = [f"{row.get('name', '')} {row.get('signature', '')}".strip() for row in rows(payload.get("interface"))]
    items = (*names, *lines(payload.get("assumptions")))
    return {"title": _("What is asked for"), "sentence": plain(payload.get("problem", "")), "items": items}


def _planned(payload: Payload) -> dict[str, Any]:
    items = tuple(f"{row.get('path', '')} – {row.get('purpose', '')}" for row in rows(payload.get("files")))
    return {"title": _("The plan"), "items": items}


def _examples(payload: Payload) -> dict[str, Any]:
    items = tuple(plain(row.get("source", "")) for row in rows(payload.get("examples")))
    replaced = [plain(row.get("source", "")) for row in rows(payload.get("replaced"))]
    changed = [_("no longer holds, the request says otherwise: %(example)s") % {"example": each} for each in replaced]
    sentence = "" if items else _("There are no examples in the request.")
    return {"title": _("Examples found in the request"), "items": (*items, *changed), "sentence": sentence}


def _changed(payload: Payload) -> dict[str, Any]:
    refused = [_("refused: %(file)s") % {"file": file} for file in lines(payload.get("refused"))]
    return {
        "title": _("Attempt %(attempt)d") % {"attempt": count(payload.get("attempt"))},
        "sentence": plain(payload.get("verdict", "")),
        "items": (*lines(payload.get("paths")), *lines(payload.get("notes")), *refused),
    }


def _tested(payload: Payload) -> dict[str, Any]:
    seconds = (number(payload.get("duration_ms")) or 0) / 1000
    sentence = _("%(passed)d of %(total)d tests passed.") % {
        "passed": count(payload.get("passed")),
        "total": count(payload.get("total")),
    }
    failing = tuple(_("failing: %(test)s") % {"test": test} for test in lines(payload.get("failing")))
    return {"title": _("Tests in the sandbox"), "meta": duration(seconds), "sentence": sentence, "items": failing}


def _recalled(payload: Payload) -> dict[str, Any]:
    found = count(payload.get("count"))
    told = ngettext("%(count)d passage of earlier work.", "%(count)d passages of earlier work.", found) % {
        "count": found
    }
    return {
        "title": _("Recalled"),
        "sentence": told if found else _("Nothing from earlier work is shown to the model."),
    }


def _controlled(payload: Payload) -> dict[str, Any]:
    percent = number(part(payload).get("sensitivity_percent"))
    sentence = (
        _("Whether the tests notice broken code could not be found out.")
        if percent is None
        else _("%(percent)d %% of the tests notice when the code is replaced by stubs.") % {"percent": round(percent)}
    )
    return {"title": _("Negative control"), "sentence": sentence}


def _scored(payload: Payload) -> dict[str, Any]:
    event = RunEvent(kind="analysis.finished", payload=dict(payload))
    return {"title": _("Analysis"), "sentence": text_of(event)}


_BLOCKS: dict[str, Callable[[Payload], dict[str, Any]]] = {
    "model.answered": _answered,
    "analysis.made": _analysed,
    "plan.proposed": _planned,
    "examples.found": _examples,
    "context.retrieved": _recalled,
    "files.changed": _changed,
    "tests.ran": _tested,
    "examples.ran": lambda payload: _tested(payload) | {"title": _("Your examples by themselves")},
    "control.ran": _controlled,
    "analysis.finished": _scored,
}
