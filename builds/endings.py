"""How a run ends, or is set aside, by its kind."""

from collections.abc import Callable, Sequence
from dataclasses import dataclass
from typing import ClassVar, Protocol
from uuid import UUID

from builds import analyses, services
from builds.agent.state import State
from builds.deployments import giving_up
from builds.deployments import outcomes as deployments
from builds.jobs import outcomes as jobs
from builds.models.run import RunKind
from builds.runs.events import NewEvent
from builds.runs.progress import Progress
from builds.runs.sink import RunEvents


class Ending(Protocol):
    """What can become of one hold on a run; each raises ``StaleFence`` when somebody else took it over."""

    worn_out: ClassVar[str]
    """The code of one that was taken up too often."""

    def fail(self, code: str, details: dict[str, object]) -> None:
        """Close it as failed."""

    def confirm_cancel(self) -> None:
        """Close it as cancelled."""

    def wait(self, code: str, seconds: float) -> bool:
        """Set it aside; False when somebody wants it cancelled."""

    def lateness(self) -> tuple[str, dict[str, object]]:
        """Return under which code it ends when it took too long, and the details."""


def _nothing() -> None:
    return None


@dataclass(frozen=True)
class BuildEnding:
    """The ends of a build; who has worked on it knows how far it came, and what has not been told yet."""

    run_id: UUID
    fence: int
    progress: Callable[[], Progress | None] = _nothing
    sink: RunEvents | None = None
    node_seconds: float = 0.0
    """How long a node may take; asked only of who brings a sink."""
    worn_out: ClassVar[str] = "build.worn_out"

    def fail(self, code: str, details: dict[str, object]) -> None:
        """Close it as failed; what was produced so far stays readable."""
        reached = self.progress()
        services.fail_build(
            run_id=self.run_id,
            fence=self.fence,
            code=code,
            details=details,
            state=reached.state if reached else State(),
            pending=_untold(self.sink),
        )

    def confirm_cancel(self) -> None:
        """Close it as cancelled."""
        services.confirm_cancel(run_id=self.run_id, fence=self.fence)

    def wait(self, code: str, seconds: float) -> bool:
        """Set it aside; False when somebody wants it cancelled."""
        return services.wait_for_provider(
            run_id=self.run_id, fence=self.fence, code=code, seconds=seconds, pending=_untold(self.sink)
        )

    def lateness(self) -> tuple[str, dict[str, object]]:
        """Name the node, and say whether it or the whole build took too long."""
        is_late = self.sink is not None and self.sink.node_seconds() > self.node_seconds
        node = self.sink.node if self.sink else ""
        return "build.node_timeout" if is_late else "build.timeout", {"node": node}


@dataclass(frozen=True)
class AnalysisEnding:
    """The ends of an analysis."""

    run_id: UUID
    fence: int
    worn_out: ClassVar[str] = "analysis.worn_out"

    def fail(self, code: str, details: dict[str, object]) -> None:
        """Close it as failed."""
        analyses.fail_analysis(run_id=self.run_id, fence=self.fence, code=code, details=details)

    def confirm_cancel(self) -> None:
        """Close it as cancelled."""
        analyses.confirm_cancel(run_id=self.run_id, fence=self.fence)

    def wait(self, code: str, seconds: float) -> bool:
        """Set it aside; False when somebody wants it cancelled."""
        return analyses.set_aside(run_id=self.run_id, fence=self.fence, code=code, seconds=seconds)

    def lateness(self) -> tuple[str, dict[str, object]]:
        """Return the one code there is."""
        return "analysis.timeout", {}


@dataclass(frozen=True)
class JobEnding:
    """The ends of a job; who has worked on it knows what has not been told yet."""

    run_id: UUID
    fence: int
    sink: RunEvents | None = None
    worn_out: ClassVar[str] = "job.worn_out"

    def fail(self, code: str, details: dict[str, object]) -> None:
        """Close it as failed, and say so in its conversation."""
        jobs.fail_job(run_id=self.run_id, fence=self.fence, code=code, details=details, pending=_untold(self.sink))

    def confirm_cancel(self) -> None:
        """Close it as cancelled."""
        jobs.confirm_cancel(run_id=self.run_id, fence=self.fence)

    def wait(self, code: str, seconds: float) -> bool:
        """Set it aside; False when somebody wants it cancelled."""
        return jobs.set_aside(
            run_id=self.run_id, fence=self.fence, code=code, seconds=seconds, pending=_untold(self.sink)
        )

    def lateness(self) -> tuple[str, dict[str, object]]:
        """Return the one code there is."""
        return "job.timeout", {}


@dataclass(frozen=True)
class DeploymentEnding:
    """The ends of a deployment; one that fails puts its branch back to where it was."""

    run_id: UUID
    fence: int
    worn_out: ClassVar[str] = "deployment.worn_out"

    def fail(self, code: str, details: dict[str, object]) -> None:
        """Close it as failed, or rolled back."""
        giving_up.fail(run_id=self.run_id, fence=self.fence, code=code, details=details)

    def confirm_cancel(self) -> None:
        """Close it as cancelled; nobody could ask for that once its branch was to be moved."""
        deployments.confirm_cancel(run_id=self.run_id, fence=self.fence)

    def wait(self, code: str, seconds: float) -> bool:
        """Set it aside; False when somebody wants it cancelled."""
        return deployments.set_aside(run_id=self.run_id, fence=self.fence, code=code, seconds=seconds)

    def lateness(self) -> tuple[str, dict[str, object]]:
        """Return the one code there is."""
        return "deployment.timeout", {}


def _untold(sink: RunEvents | None) -> Sequence[NewEvent]:
    return sink.take_pending() if sink else ()


_BY_KIND: dict[str, Callable[[UUID, int], Ending]] = {
    RunKind.BUILD: BuildEnding,
    RunKind.ANALYSIS: AnalysisEnding,
    RunKind.JOB: JobEnding,
    RunKind.DEPLOYMENT: DeploymentEnding,
}


def ending_of(kind: str, run_id: UUID, fence: int) -> Ending:
    """Return the ends of a run of which no more is known than its kind."""
    return _BY_KIND[kind](run_id, fence)
