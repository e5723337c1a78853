"""What the tables must say of builds whose workers were hurt. Each function returns what is wrong, as lines for people.

The order of a build's finished nodes is known, because the stand-in model always answers alike.
"""

from collections import Counter, deque
from collections.abc import Callable, Iterable, Iterator
from dataclasses import dataclass
from itertools import chain
from uuid import UUID

from audit.models import AuditLog
from builds.models.analysis import CodeAnalysis
from builds.models.build import Build
from builds.models.reservation import Reservation, ReservationState
from builds.models.run import Effect, Run, RunEvent
from builds.models.usage import TokenUsage
from builds.states import FINAL, State
from memory.models.vectors import VectorMemory
from tests.chaos.slow_model import REPAIRS, Call

BEGIN, END = ("analyse", "examples", "plan", "retrieve", "generate", "test"), ("review", "finalise")
ONE_OF_EACH_EFFECT = {
    "model": {"model.answered"},
    "sandbox": {"tests.ran", "analysis.finished", "examples.ran", "reorder.ran", "control.ran"},
}
"""Kind of effect → the events of which each effect has told one."""
ONLY_ONCE = {"build.submitted", "build.started", "examples.found", "verdict.reached", "build.completed"}


@dataclass(frozen=True)
class Costs:
    """What the model was asked, and what came of it."""

    asked: int
    stored: int
    cut_off: int
    """Calls whose client was gone before the answer was complete."""

    @property
    def lost(self) -> int:
        """Answers that were complete and never stored: a kill came in between."""
        return self.asked - self.stored - self.cut_off


def path_of(name: str) -> tuple[str, ...]:
    """Return the nodes of a build in the order in which they end."""
    repair = ("repair", "test") if name.startswith(REPAIRS) else ()
    return (*BEGIN, *repair, *END)


def ended(builds: Iterable[str]) -> list[Build]:
    """Return those that have."""
    return list(Build.objects.filter(id__in=builds, status__in=FINAL))


def wrong(builds: Iterable[str], calls: Iterable[Call]) -> list[str]:
    """Return everything that is wrong with ended builds, by their ids."""
    by_build: dict[str, list[Call]] = {}
    for call in calls:
        by_build.setdefault(call.build, []).append(call)
    found = Build.objects.select_related("run").in_bulk([UUID(build) for build in builds])
    missing = [f"{build} is not there" for build in builds if UUID(build) not in found]
    return missing + [line for build in found.values() for line in _wrong_with(build, by_build)]


def costs(builds: Iterable[str], calls: Iterable[Call], hang_ups: int) -> Costs:
    """Compare what the model was asked for some builds with what they stored."""
    names = set(Build.objects.filter(id__in=builds).values_list("project_name", flat=True))
    stored = Effect.objects.filter(kind="model", run__build__id__in=builds).count()
    return Costs(sum(call.build in names for call in calls), stored, hang_ups)


def _wrong_with(build: Build, calls: dict[str, list[Call]]) -> Iterator[str]:
    if build.status != State.COMPLETED or build.verification != "verified":
        yield f"{build.project_name} is {build.status}, {build.verification} {build.error_code}".strip()
        return
    own = calls.get(build.project_name, [])
    checks: tuple[Callable[[], Iterator[str]], ...] = (
        lambda: _events(build),
        lambda: _journal(build),
        lambda: _calls(build.run, own),
        lambda: _results(build),
        lambda: _money(build),
        lambda: _memory(build),
    )
    for line in chain.from_iterable(check() for check in checks):
        yield f"{build.project_name}: {line}"


def _memory(build: Build) -> Iterator[str]:
    code = {file.path for file in build.files.filter(language=build.language)}
    found = set(VectorMemory.objects.filter(build=build).values_list("source_file", flat=True))
    if found != code:
        yield f"memory has passages of {sorted(found)}, its code is in {sorted(code)}"


def _events(build: Build) -> Iterator[str]:
    rows = list(RunEvent.objects.filter(run=build.run_id).order_by("seq"))
    if [row.seq for row in rows] != list(range(1, build.run.last_seq + 1)):
        yield f"its events are numbered {[row.seq for row in rows]}, the counter stands at {build.run.last_seq}"
    yield from _order(build.project_name, rows)
    counts = Counter(row.kind for row in rows)
    for kind in ONLY_ONCE:
        if counts[kind] != 1:
            yield f"{kind} is told {counts[kind]} times"
    if rows[-1].kind != "build.completed":
        yield f"it ends with {rows[-1].kind}"


def _order(name: str, rows: Iterable[RunEvent]) -> Iterator[str]:
    """Each node ends once, and what is begun is always the first that has not ended."""
    to_come = deque(path_of(name))
    for row in rows:
        if row.kind in {"node.started", "node.finished"} and row.node != (to_come[0] if to_come else ""):
            yield f"{row.seq} {row.kind} of {row.node} while {list(to_come)} were to come"
        if row.kind == "node.finished" and to_come:
            to_come.popleft()
    if to_come:
        yield f"{list(to_come)} never ended"


def _journal(build: Build) -> Iterator[str]:
    effects = list(Effect.objects.filter(run=build.run_id))
    steps = Counter(effect.key.partition(":")[0] for effect in effects)
    for step, count in steps.items():
        if count > 1:
            yield f"{step} is stored {count} times"
    for kind, told in ONE_OF_EACH_EFFECT.items():
        stored = sum(effect.kind == kind for effect in effects)
        events = RunEvent.objects.filter(run=build.run_id, kind__in=told).count()
        if stored != events:
            yield f"{stored} {kind} effects are stored, and {events} are told of"
    charged = sorted(TokenUsage.objects.filter(build=build).values_list("call_key", flat=True))
    if charged != sorted(f"{build.run_id}:{effect.key}" for effect in effects if effect.kind == "model"):
        yield f"charged is {charged}"


def _money(build: Build) -> Iterator[str]:
    """Each call has cost something, and nothing is set aside any more: what was interrupted was settled in the end."""
    if unpriced := TokenUsage.objects.filter(build=build).exclude(cost_usd__gt=0).count():
        yield f"{unpriced} calls have cost nothing"
    states = Counter(Reservation.objects.filter(build=build).values_list("state", flat=True))
    if states != {ReservationState.SETTLED: TokenUsage.objects.filter(build=build).count()}:
        yield f"money is set aside: {dict(states)}"


def _calls(run: Run, calls: list[Call]) -> Iterator[str]:
    """What is stored is never asked for again, and who holds a run asks for each thing once."""
    stored = {
        effect.key.partition(":")[0].rpartition(".")[2]: effect.finished_at
        for effect in Effect.objects.filter(run=run, kind="model")
    }
    asked = Counter(call.purpose for call in calls)
    for purpose in stored.keys() ^ asked.keys():
        yield f"{purpose} was asked {asked[purpose]} times, and stored: {purpose in stored}"
    for call in calls:
        end = stored.get(call.purpose)
        if end is not None and call.at > end.timestamp():
            yield f"{call.purpose} was asked for again {call.at - end.timestamp():.3f} s after it was stored"
    for purpose, count in asked.items():
        if count > run.fence:
            yield f"{purpose} was asked {count} times by {run.fence} holders"


def _results(build: Build) -> Iterator[str]:
    kinds = Counter(build.evidence.values_list("kind", flat=True))
    for kind, count in kinds.items():
        if count != 1:
            yield f"there are {count} pieces of evidence of the kind {kind}"
    if not CodeAnalysis.objects.filter(build=build).exists():
        yield "its analysis is not there"
    audited = Counter(AuditLog.objects.filter(resource_id=str(build.id)).values_list("action", flat=True))
    if audited != {"build.submitted": 1, "build.completed": 1}:
        yield f"audited is {dict(audited)}"
