"""What goes wrong on demand."""

from dataclasses import dataclass
from enum import StrEnum


class FaultKind(StrEnum):
    """How a call goes wrong."""

    TOO_MANY = "too_many"
    ERROR = "error"
    BAD_GATEWAY = "bad_gateway"
    HANG = "hang"
    HANG_AFTER = "hang_after"
    CUT_BEFORE = "cut_before"
    CUT_AFTER = "cut_after"


@dataclass
class Fault:
    """Something that goes wrong with the next calls of a method.

    ``hang`` waits, then does the call if the client is still there; ``hang_after`` does it, then waits with the
    answer. ``cut_before`` does nothing, ``cut_after`` does it, and both hang up without an answer.
    """

    kind: FaultKind
    method: str = "*"
    chat_id: int | None = None
    times: int = 1
    seconds: float = 1

    def meets(self, method: str, chat_id: int | None) -> bool:
        """Say whether it stands in the way of a call."""
        return self.times > 0 and self.method in {"*", method} and self.chat_id in {None, chat_id}


class Faults:
    """Faults in the order in which they were set."""

    def __init__(self) -> None:
        self._waiting: list[Fault] = []

    def add(self, fault: Fault) -> None:
        """Set one."""
        self._waiting.append(fault)

    def clear(self) -> None:
        """Forget all."""
        self._waiting.clear()

    def take(self, method: str, chat_id: int | None) -> Fault | None:
        """Return what goes wrong with this call, if anything does."""
        fault = next((fault for fault in self._waiting if fault.meets(method, chat_id)), None)
        if fault:
            fault.times -= 1
        return fault
