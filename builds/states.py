"""Which states there are and which moves between them are legal. Nothing else in the project knows this."""

from enum import StrEnum


class State(StrEnum):
    """Where a run is; a build shows the same as its ``status``."""

    PENDING = "pending"
    RUNNING = "running"
    WAITING = "waiting"
    COMPLETED = "completed"
    FAILED = "failed"
    CANCELLED = "cancelled"


class Verification(StrEnum):
    """What the server proved about a build, apart from how its run ended."""

    UNVERIFIED = "unverified"
    PARTLY = "partly"
    VERIFIED = "verified"


FINAL = frozenset({State.COMPLETED, State.FAILED, State.CANCELLED})
MOVES: dict[State, frozenset[State]] = {
    State.PENDING: frozenset({State.RUNNING, State.CANCELLED, State.FAILED}),
    State.RUNNING: FINAL | {State.WAITING, State.PENDING},
    State.WAITING: frozenset({State.RUNNING, State.PENDING, State.FAILED, State.CANCELLED}),
    State.COMPLETED: frozenset(),
    State.FAILED: frozenset(),
    State.CANCELLED: frozenset(),
}


def sources_of(target: State) -> frozenset[State]:
    """Return the states from which a run may move to ``target``."""
    return frozenset(state for state, targets in MOVES.items() if target in targets)
