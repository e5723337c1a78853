"""The timeline: one step for each time a node ran."""

from collections.abc import Sequence
from dataclasses import dataclass, replace
from datetime import datetime

from django.utils import timezone
from django.utils.functional import Promise
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy

from agentsite.accounts.runtime.table import AGENT_MAX_REPAIRS
from builds.models.run import RunEvent
from builds.pages.marks import Mark
from builds.pages.reading import count, number, plain, rows

TITLES: dict[str, str | Promise] = {
    "attachments": gettext_lazy("Read files"),
    "analyse": gettext_lazy("Analyse"),
    "examples": gettext_lazy("Find examples"),
    "plan": gettext_lazy("Plan"),
    "retrieve": gettext_lazy("Recall"),
    "generate": gettext_lazy("Write code and tests"),
    "test": gettext_lazy("Test"),
    "repair": gettext_lazy("Repair"),
    "review": gettext_lazy("Review"),
    "finalise": gettext_lazy("Prove"),
}
_ORDER = ("analyse", "examples", "plan", "retrieve", "generate", "test", "review", "finalise")
_WAITS = Mark("pending", gettext_lazy("to come"), "quiet")
_RUNS = Mark("running", gettext_lazy("running"), "run")
_DONE = Mark("check", gettext_lazy("done"), "good")
_FAILED = Mark("cross", gettext_lazy("failed"), "bad")
_STOPPED = Mark("stop", gettext_lazy("interrupted"), "quiet")


@dataclass(frozen=True)
class Step:
    """One run of one node."""

    node: str
    mark: Mark
    turn: int = 1
    started_at: datetime | None = None
    seconds: float | None = None
    note: str = ""
    most: int = 0
    """How many turns there may be."""

    @property
    def title(self) -> str:
        """Return the node's name with its turn: Repair 1 of 3."""
        name = str(TITLES.get(self.node, self.node))
        if self.node == "repair":
            return _("%(name)s %(turn)d of %(most)d") % {
                "name": name,
                "turn": self.turn,
                "most": max(self.turn, self.most),
            }
        return f"{name} {self.turn}" if self.turn > 1 else name

    @property
    def is_open(self) -> bool:
        """Say whether it is under way."""
        return self.mark is _RUNS

    @property
    def elapsed(self) -> float | None:
        """Return its length in seconds; for one under way, so far."""
        if self.is_open and self.started_at is not None:
            return (timezone.now() - self.started_at).total_seconds()
        return self.seconds


def steps(events: Sequence[RunEvent], *, is_final: bool) -> tuple[Step, ...]:
    """Return what ran, in order, and for a build under way what is to come."""
    found: list[Step] = []
    for event in events:
        _take(found, event)
    most = _most_repairs(events)
    if is_final:
        return tuple(replace(step, most=most, mark=_FAILED if step.is_open else step.mark) for step in found)
    begins = next((str(event.payload.get("node", "")) for event in events if event.kind == "build.continued"), "")
    return tuple(replace(step, most=most) for step in (*found, *_to_come(found, begins)))


def _most_repairs(events: Sequence[RunEvent]) -> int:
    """Return how many repairs whoever took the build up last lets it have; as set now, where that was not told."""
    told = [event.payload["max_repairs"] for event in events if "max_repairs" in event.payload]
    return count(told[-1]) if told else AGENT_MAX_REPAIRS.now()


def _take(found: list[Step], event: RunEvent) -> None:
    if event.kind == "node.started":
        _close_open(found)
        turn = 1 + sum(step.node == event.node and step.mark is not _STOPPED for step in found)
        found.append(Step(event.node, _RUNS, turn, event.created_at))
    elif event.kind in {"build.resumed", "build.cancelled", "build.waiting", "run.reassigned"}:
        _close_open(found)
    elif found and found[-1].node == event.node:
        found[-1] = _told(found[-1], event)


def _close_open(found: list[Step]) -> None:
    if found and found[-1].is_open:
        found[-1] = replace(found[-1], mark=_STOPPED)


def _told(step: Step, event: RunEvent) -> Step:
    if event.kind == "node.finished":
        milliseconds = number(event.payload.get("duration_ms")) or 0.0
        return replace(step, mark=_DONE if step.is_open else step.mark, seconds=milliseconds / 1000)
    if event.kind == "tests.ran":
        passed, total = count(event.payload.get("passed")), count(event.payload.get("total"))
        note = _("%(passed)d of %(total)d passed") % {"passed": passed, "total": total}
        has_failed = event.payload.get("outcome") != "passed"
        return replace(step, note=note, mark=_FAILED if has_failed else step.mark)
    if event.kind == "attachments.read":
        return replace(step, note=", ".join(plain(row.get("name", "")) for row in rows(event.payload.get("files"))))
    return step


def _to_come(found: Sequence[Step], begins: str) -> list[Step]:
    """Return what follows the last step; before the first one, what follows from where the build begins."""
    whole = (
        ("repair", *_ORDER[_ORDER.index("test") :])
        if "repair" in {begins, *(step.node for step in found[-1:])}
        else _ORDER
    )
    if found:
        rest = whole[whole.index(found[-1].node) + 1 :] if found[-1].node in whole else _ORDER
    else:
        rest = whole[whole.index(begins) :] if begins in whole else _ORDER
    return [Step(node, _WAITS) for node in rest]
