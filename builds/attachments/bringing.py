"""Files into a build: read before its first node, shown to the model as the build's own copy of their texts."""

from collections.abc import Sequence
from typing import cast

from django.utils import timezone

from builds import guarding
from builds.agent.attachments import Attached, within_budget
from builds.agent.ports import EventSink, Outcome
from builds.agent.state import State
from builds.agent.values import JsonDict
from builds.attachments import texts
from builds.attachments.texts import Known, Readers
from builds.guard.redaction import placeholders
from builds.models.build import Build
from builds.models.build_attachment import BuildAttachment
from builds.runs import fence
from builds.runs.claim import Claim
from memory.models.attachment import Attachment

NODE = "attachments"
_STEP = "attachments.1.read"


def bring(claim: Claim, build: Build, state: State, readers: Readers, events: EventSink) -> State:
    """Return a state that knows what came with the request; a run that was interrupted here reads nothing twice.

    :raises AgentError: ``attachments.sensitive``.
    :raises Cancelled: the run was asked to stop.
    :raises StaleFence: another worker took the build over.
    """
    rows = list(BuildAttachment.objects.filter(build=build).order_by("place"))
    if not rows or "attachments" in state:
        return state
    events.enter(NODE)
    started = readers.clock.monotonic()
    given = {"places": [[row.place, str(row.attachment_id or "")] for row in rows]}
    found = readers.journal.once("files", _STEP, given, lambda: _read(build, rows, readers))
    _keep(claim, build, rows, found)
    events.emit("node.finished", {"duration_ms": round((readers.clock.monotonic() - started) * 1000)})
    return _with(state, cast("list[Attached]", found["attachments"]), found["redactions"])


def _read(build: Build, rows: Sequence[BuildAttachment], readers: Readers) -> Outcome:
    wanted = [row.attachment_id for row in rows if row.attachment_id is not None and not row.read_at]
    texts.read(list(Attachment.objects.filter(pk__in=wanted).order_by("id")), readers)
    known = texts.known(wanted)
    found = [known.get(row.attachment_id, Known(row.text)) if row.attachment_id else Known(row.text) for row in rows]
    named = {f"{row.name} ({row.place})": each.text for row, each in zip(rows, found, strict=True)}
    passed, redactions = guarding.passed_files(
        build.user, named, build=build, beside=(build.project_name, build.requirements, build.description)
    )
    attached = within_budget(
        [Attached(name=row.name, family=row.family, text=text) for row, text in zip(rows, passed.values(), strict=True)]
    )
    result: JsonDict = {
        "attachments": [dict(each) for each in attached],
        "notes": [each.note for each in found],
        "redactions": redactions,
    }
    return Outcome(result, (("attachments.read", {"files": _told(attached, found)}),))


def _told(attached: Sequence[Attached], found: Sequence[Known]) -> list[JsonDict]:
    return [
        {"name": each["name"], "kind": each["family"], "characters": len(each["text"]), "note": known.note}
        for each, known in zip(attached, found, strict=True)
    ]


def _keep(claim: Claim, build: Build, rows: Sequence[BuildAttachment], found: JsonDict) -> None:
    now = timezone.now()
    with fence.held(claim.run_id, claim.fence):
        for row, attached, note in zip(rows, found["attachments"], found["notes"], strict=True):
            BuildAttachment.objects.filter(pk=row.pk).update(text=attached["text"], note=note, read_at=now)
        Build.objects.filter(pk=build.pk).update(redactions=found["redactions"])
    build.redactions = found["redactions"]


def _with(state: State, attached: list[Attached], redactions: dict[str, int]) -> State:
    request = dict(state["request"])
    if redactions:
        request["left_out"] = placeholders(redactions)
    return State(**{**state, "request": request, "attachments": attached})
