"""A build's page in the console: everything an operator asks about one build, from a constant number of queries."""

from collections.abc import Sequence
from dataclasses import dataclass
from uuid import UUID

from audit import selectors as audit
from audit.models import AuditLog
from builds import failures, selectors, stuck
from builds.failure import Failure
from builds.models.build import Build
from builds.models.evidence import Evidence
from builds.models.files import BuildFile
from builds.models.run import Run, RunEvent
from builds.models.usage import TokenUsage
from builds.pages import timeline
from builds.pages.marks import Mark, status_mark, verification_mark
from builds.pages.telling import EventRow, events_panel
from builds.runs.places import Place, place_of
from builds.workers import worker_of

MOST_EVENTS = 200
MOST_FILES = 300
MOST_CALLS = 100
MOST_EVIDENCE = 50
MOST_ENTRIES = 50


@dataclass(frozen=True)
class Summary:
    """What is said at the top."""

    status: Mark
    verification: Mark
    reason: stuck.Reason | None
    """Why it gets nowhere, if it does."""
    place: Place | None
    """Where it waits in the queue."""
    failure: Failure | None
    message: str
    hint: str
    machine: str
    process: str
    is_held: bool


@dataclass(frozen=True)
class ConsolePage:
    """The page; the newest rows of each kind only."""

    build: Build
    run: Run
    summary: Summary
    steps: Sequence[timeline.Step]
    events: Sequence[EventRow]
    """Newest first."""
    files: Sequence[BuildFile]
    """Newest attempt first."""
    files_total: int
    calls: Sequence[TokenUsage]
    spent: selectors.Spending
    evidence: Sequence[Evidence]
    entries: Sequence[AuditLog]
    children: Sequence[Build]

    @property
    def events_left(self) -> int:
        """Return how many older events are not shown."""
        return max(0, self.run.last_seq - len(self.events))

    @property
    def files_left(self) -> int:
        """Return how many files are not shown."""
        return self.files_total - len(self.files)

    @property
    def calls_left(self) -> int:
        """Return how many calls are not shown."""
        return self.spent.calls - len(self.calls)


def console_page(build_id: UUID) -> ConsolePage | None:
    """Return the page; None where there is no such build."""
    build = Build.objects.select_related("user", "run", "parent", "api_key", "conversation").filter(id=build_id).first()
    if build is None:
        return None
    newest = list(RunEvent.objects.filter(run_id=build.run_id).order_by("-seq")[:MOST_EVENTS])
    files = BuildFile.objects.filter(build=build)
    return ConsolePage(
        build,
        build.run,
        summary_of(build, newest[0] if newest else None),
        timeline.steps(newest[::-1], is_final=build.is_final),
        events_panel(newest, MOST_EVENTS).rows,
        list(files.order_by("-attempt", "path")[:MOST_FILES]),
        files.count(),
        list(TokenUsage.objects.filter(build=build).order_by("-id")[:MOST_CALLS]),
        selectors.spending(build.id),
        list(Evidence.objects.filter(build=build)[:MOST_EVIDENCE]),
        audit.entries_about({"build": str(build.id), "run": str(build.run_id)}, most=MOST_ENTRIES),
        list(Build.objects.filter(parent=build).select_related("user").order_by("-id")[:MOST_EVIDENCE]),
    )


def summary_of(build: Build, last_event: RunEvent | None) -> Summary:
    """Say in words how a build is and what to do."""
    run = build.run
    machine, process = worker_of(run.lease_owner)
    code, details = build.error_code, build.error_details
    return Summary(
        status_mark(build.status),
        verification_mark(build.verification),
        stuck.reason_of(run, last_event.created_at if last_event else None),
        place_of(run),
        failures.failure(code) if code else None,
        failures.message(code, details),
        failures.hint(code, details) if code else "",
        machine,
        process,
        is_held=run.lease_expires_at is not None,
    )
