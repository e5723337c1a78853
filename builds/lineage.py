"""What a new build takes over from the one it retries or forks; called in the transaction that submits it."""

from collections.abc import Collection

from builds import learning
from builds.agent import base, continuing
from builds.agent.base import Base
from builds.agent.edges import first_node
from builds.agent.nodes.merging import test_names
from builds.agent.state import State, first_state
from builds.agent.values import JsonDict
from builds.guard.redaction import placeholders
from builds.models.build import Build
from builds.models.files import BuildFile
from builds.models.run import Effect
from builds.runs import journal
from builds.runs.progress import begin_with, lasting_state, progress_of
from builds.states import State as Status
from builds.workspace import copy_attempts

_FIRST_OF_ITS_OWN = 1


def continuation(build: Build) -> State | None:
    """Return the state in which a build that failed or was cancelled can be gone on with; None where it can't.

    One that has not begun is gone on with at the first node.
    """
    if build.status not in {Status.FAILED, Status.CANCELLED}:
        return None
    reached = progress_of(build.run)
    if reached:
        return continuing.continued(reached.state, reached.next_node)
    first = _first_state(build)
    return continuing.continued(first, first_node(first))


def has_failed_step(build: Build) -> bool:
    """Say whether going on saves anything over a retry from the start."""
    state = continuation(build)
    return state is not None and state["start_at"] != first_node(State())


def first_state_of(build: Build) -> State:
    """Return the state that a build begins with by itself."""
    return first_state(
        requirements=build.requirements,
        description=build.description,
        project_name=build.project_name,
        language=build.language,
        left_out=placeholders(build.redactions),
        known=learning.known_of(build),
    )


def is_based(build: Build) -> bool:
    """Say whether a build starts from an existing project, as forks and their retries do."""
    return "base" in lasting_state(build.run)


def go_on(source: Build, target: Build, state: State) -> JsonDict:
    """Give a build the state, files and journal of a failed one, but not what made it fail; return what to tell."""

    def is_wanted(effect: Effect) -> bool:
        return not continuing.is_at_fault(
            effect.kind,
            effect.key.rpartition(":")[0],
            effect.result,
            failed_node=state["start_at"],
            code=source.error_code,
            details=source.error_details,
        )

    begin_with(target.run, state)
    first = base.ATTEMPT if "base" in state else _FIRST_OF_ITS_OWN
    copy_attempts(source.id, target.id, {number: number for number in range(first, state["attempt"] + 1)})
    effects = journal.copy_effects(source.run_id, target.run_id, is_wanted=is_wanted)
    return {"parent": str(source.id), "node": state["start_at"], "attempt": state["attempt"], "effects": effects}


def begin_again(source: Build, target: Build) -> None:
    """Give the retry of a fork what the fork started from; another build starts from nothing."""
    taken_over = lasting_state(source.run)
    if "base" in taken_over:
        _begin_with_base(target, taken_over["base"])
        copy_attempts(source.id, target.id, {base.ATTEMPT: base.ATTEMPT})


def fork(source: Build, target: Build, attempt: int, *, outdated: Collection[str] = ()) -> None:
    """Give a build the files of another one's attempt to start from.

    :param outdated: expressions of the examples that no longer hold.
    """
    _begin_with_base(target, _base_of(source, attempt, outdated))
    copy_attempts(source.id, target.id, {attempt: base.ATTEMPT})


def examples_of(build: Build) -> list[JsonDict]:
    """Return the examples that judge a build: its request's own, and those that it took over."""
    return lasting_state(build.run).get("examples", [])


def _begin_with_base(target: Build, start: Base) -> None:
    begin_with(target.run, _based(target, start))


def _based(build: Build, start: Base) -> State:
    tests = State(changed_tests=start["changed_tests"], lost_tests=start["lost_tests"])
    return State(**{**first_state_of(build), **tests, "base": start})


def _first_state(build: Build) -> State:
    taken_over = lasting_state(build.run)
    return _based(build, taken_over["base"]) if "base" in taken_over else first_state_of(build)


def _base_of(source: Build, attempt: int, outdated: Collection[str]) -> Base:
    state = lasting_state(source.run)
    inherited = state.get("base")
    # Attempt 0 is what the source itself started from: nothing of its own request has been done there.
    found = inherited if inherited and attempt == base.ATTEMPT else _base_after(source, attempt, state, inherited)
    return Base(**{**found, "examples": [row for row in found["examples"] if row["expression"] not in outdated]})


def _base_after(source: Build, attempt: int, state: State, inherited: Base | None) -> Base:
    earlier = inherited["requests"] if inherited else []
    asked = f"{source.requirements}\n\n{source.description}".strip()
    before, now = (_tests(source, number, state) for number in (_FIRST_OF_ITS_OWN, attempt))
    seen_code = {path for path, text in now.items() if before.get(path) != text}
    seen_code |= set(inherited["changed_tests"]) & set(now) if inherited else set()
    return Base(
        requests=base.earlier_requests([*earlier, asked]),
        project_name=source.project_name,
        analysis=state.get("analysis", {}),
        examples=state.get("examples", []),
        acceptance_paths=state.get("acceptance_paths", []),
        changed_tests=sorted(seen_code),
        lost_tests=bool(inherited and inherited["lost_tests"]) or _count(now) < _count(before),
    )


def _tests(source: Build, attempt: int, state: State) -> dict[str, str]:
    rows = BuildFile.objects.filter(build=source, attempt=attempt, is_test=True).select_related("blob")
    return {row.path: row.blob.text for row in rows if row.path not in state.get("acceptance_paths", [])}


def _count(tests: dict[str, str]) -> int:
    return sum(len(test_names(text)) for text in tests.values())
