"""The stand-in model of the kill scenarios: it takes its time, and remembers who asked for what and when."""

import random
import time
from collections import Counter
from dataclasses import dataclass, replace
from threading import Lock

from tests.stand_ins import scripts
from tests.stand_ins.replies import Json, Reply, purpose_of

REPAIRS = "repairs"
GOOD = "good"
LONGEST_SILENCE, PIECE_SECONDS, PIECE_CHARACTERS = 1.0, 0.02, 40


@dataclass(frozen=True)
class Call:
    """One request as it arrived: of which build, what for, and when by the machine's clock."""

    build: str
    purpose: str
    at: float


class SlowModel:
    """Answer each build by its model's name: one that begins with ``repairs`` gets code that fails at first."""

    def __init__(self, seed: int) -> None:
        self._random = random.Random(seed)  # noqa: S311  a delay is no secret
        self._lock = Lock()
        self._calls: list[Call] = []

    def reply_to(self, body: Json) -> Reply:
        """Return the answer, whole builds' worth of them without end."""
        call = Call(str(body["model"]), purpose_of(body), time.time())
        with self._lock:
            self._calls.append(call)
            silence = self._random.uniform(0.1, LONGEST_SILENCE)
        script = scripts.FAILS_THEN_PASSES if call.build.startswith(REPAIRS) else scripts.GOOD_BUILD
        return replace(
            script[call.purpose][0],
            first_delay_seconds=silence,
            delay_seconds=PIECE_SECONDS,
            chunk_size=PIECE_CHARACTERS,
        )

    def calls(self) -> list[Call]:
        """Return all requests so far."""
        with self._lock:
            return list(self._calls)

    def asked(self, build: str) -> Counter[str]:
        """Return how often a build asked for what."""
        return Counter(call.purpose for call in self.calls() if call.build == build)
