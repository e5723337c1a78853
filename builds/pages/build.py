"""The live build page: one frozen value for the whole page, from a constant number of queries."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime

from django.utils import timezone
from django.utils.functional import Promise
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy

from builds import failures, guarding, lineage, selectors
from builds.models.build import Build
from builds.models.files import BuildFile
from builds.models.run import RunEvent
from builds.pages import changes, is_cookbook, proofs, timeline
from builds.pages.analysis import AnalysisPanel, analysis_of, analysis_panel
from builds.pages.came import Came, came_with
from builds.pages.changes import ChangesPanel
from builds.pages.files import FilesPanel, files_panel
from builds.pages.marks import Mark, status_mark, verification_mark
from builds.pages.memory import MemoryPanel, memory_panel
from builds.pages.output import Block, blocks
from builds.pages.proofs import ProofCard
from builds.pages.telling import EventsPanel, events_panel
from builds.pages.testing import TestsPanel, tests_panel
from builds.runs.places import Place, place_of
from builds.states import State

TABS = ("output", "files", "tests", "changes", "analysis", "evidence", "memory", "events")
_FAULTS: dict[str, str | Promise] = {
    "user": gettext_lazy("This is about the request or the settings."),
    "model": gettext_lazy("The model could not do it."),
    "sandbox": gettext_lazy("The sandbox is the cause, not your request."),
    "platform": gettext_lazy("Agentsite is the cause, not your request."),
}


@dataclass(frozen=True)
class Wanted:
    """What an address asks to be shown; None and empty mean the page's own choice."""

    attempt: int | None = None
    path: str = ""
    start: int | None = None
    end: int | None = None
    events: int = 0
    reader_id: int | None = None
    """Who reads; what a build had from memory is its owner's alone to see."""

    @property
    def tab(self) -> str:
        """Return the tab that the address is about."""
        if self.attempt is not None or self.path:
            return "files"
        if self.start is not None or self.end is not None:
            return "changes"
        return "events" if self.events else ""


@dataclass(frozen=True)
class Problem:
    """Why a build failed, whose fault it was, and what to do."""

    reason: str
    fault: str
    hint: str
    code: str
    can_retry: bool


@dataclass(frozen=True)
class Summary:
    """The top of the page."""

    status: Mark
    now: str
    elapsed: float | None
    is_ticking: bool
    place: Place | None
    waits_until: datetime | None
    is_stopping: bool
    model: str
    is_cookbook: bool
    spending: selectors.Spending
    left_out: str
    """Kinds of what was taken out of the request before it was stored."""


@dataclass(frozen=True)
class BuildPage:
    """Everything on the page."""

    build: Build
    summary: Summary
    verification: Mark
    verdict: str
    problem: Problem | None
    proofs: tuple[Mark, ...]
    steps: tuple[timeline.Step, ...]
    output: tuple[Block, ...]
    files: FilesPanel
    tests: TestsPanel
    changes: ChangesPanel
    analysis: AnalysisPanel | None
    evidence: tuple[ProofCard, ...]
    memory: MemoryPanel | None
    """None for everybody but the owner."""
    came_with: tuple[Came, ...]
    children: tuple[Build, ...]
    has_failed_step: bool
    events: EventsPanel
    tab: str
    last_seq: int


def build_page(build: Build, wanted: Wanted) -> BuildPage:
    """Assemble the page of a build that came from ``selectors.find_build``."""
    events = selectors.timeline_after(build.run_id, 0)
    attempts = selectors.attempts(build.id)
    evidence = list(build.evidence.all())
    shown = wanted.attempt if wanted.attempt in attempts else (attempts[-1] if attempts else 0)
    ends = changes.chosen(attempts, wanted.start, wanted.end)
    files = _files(build, {int(shown or 0), *ends})
    steps = timeline.steps(events, is_final=build.is_final)
    analysis = analysis_of(build)
    return BuildPage(
        build=build,
        summary=_summary(build, steps),
        verification=verification_mark(build.verification),
        verdict=proofs.in_words(build) if build.is_final else "",
        problem=_problem(build),
        proofs=proofs.strip(build, events),
        steps=steps,
        output=blocks(build, events),
        files=files_panel(build, attempts, files.get(int(shown or 0), []), wanted.path),
        tests=tests_panel(build, evidence),
        changes=changes.changes_panel(attempts, ends, _trees(files), events),
        analysis=analysis_panel(analysis) if analysis else None,
        evidence=proofs.proof_cards(evidence),
        memory=memory_panel(build) if wanted.reader_id == build.user_id else None,
        came_with=came_with(build, wanted.reader_id),
        children=tuple(selectors.children(build)),
        has_failed_step=lineage.has_failed_step(build),
        events=events_panel(events, wanted.events),
        tab=wanted.tab or _first_tab(build),
        last_seq=_last_seq(events),
    )


def _files(build: Build, attempts: set[int]) -> dict[int, list[BuildFile]]:
    found: dict[int, list[BuildFile]] = {}
    for file in build.files.filter(attempt__in=attempts).select_related("blob").order_by("attempt", "path"):
        found.setdefault(file.attempt, []).append(file)
    return found


def _trees(files: Mapping[int, Sequence[BuildFile]]) -> dict[int, dict[str, str]]:
    return {attempt: {row.path: row.blob.text for row in rows} for attempt, rows in files.items()}


def _last_seq(events: Sequence[RunEvent]) -> int:
    return events[-1].seq if events else 0


def _first_tab(build: Build) -> str:
    if build.status == State.COMPLETED:
        return "files"
    return "tests" if build.status == State.FAILED and build.test_results else "output"


def _summary(build: Build, steps: Sequence[timeline.Step]) -> Summary:
    current = next((step for step in steps if step.is_open), None)
    model = build.model or build.wanted_model
    return Summary(
        status=status_mark(build.status),
        now=current.title if current and not build.is_final else "",
        elapsed=_elapsed(build),
        is_ticking=build.status == State.RUNNING,
        place=place_of(build.run),
        waits_until=build.run.next_attempt_at if build.status == State.WAITING else None,
        is_stopping=not build.is_final and build.run.cancel_requested_at is not None,
        model=model,
        is_cookbook=is_cookbook(model),
        spending=selectors.spending(build.id),
        left_out=guarding.in_words(build.redactions),
    )


def _elapsed(build: Build) -> float | None:
    if build.is_final:
        return build.duration_seconds
    return (timezone.now() - build.started_at).total_seconds() if build.started_at else None


def _fault(build: Build, fault: str) -> str:
    if fault == "model" and is_cookbook(build.model):
        return _("The offline cookbook could not do it.")
    return str(_FAULTS[fault])


def _problem(build: Build) -> Problem | None:
    if build.status != State.FAILED:
        return None
    failure = failures.failure(build.error_code)
    return Problem(
        reason=failures.message(build.error_code, build.error_details) or _("The build failed."),
        fault=_fault(build, failure.fault),
        hint=failures.hint(build.error_code),
        code=build.error_code,
        can_retry=failure.can_retry,
    )
