"""Looking without being held up, and without doing it more than needed."""

import threading
import time
from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor

import pytest

from agentsite.health.check import Check
from agentsite.health.part import Part, ok


@pytest.fixture
def gate() -> Iterator[threading.Event]:
    event = threading.Event()
    yield event
    event.set()


def test_many_who_ask_at_once_cost_one_look() -> None:
    looks: list[int] = []

    def look() -> Part:
        looks.append(1)
        time.sleep(0.05)
        return ok("it")

    check = Check("test", look)
    with ThreadPoolExecutor(20) as pool:
        told = list(pool.map(lambda _: check(), range(200)))
    assert len(looks) == 1
    assert {str(each["state"]) for each in told} == {"ok"}


def test_a_look_that_hangs_is_left_alone_and_costs_one_thread(gate: threading.Event) -> None:
    def look() -> Part:
        gate.wait(30)
        return ok("it")

    check, before = Check("test", look, shared_seconds=0), threading.active_count()
    assert check(0.1)["code"] == "part.timed_out"
    begun = time.monotonic()
    assert [check(0.1)["code"] for _ in range(50)] == ["part.timed_out"] * 50
    assert time.monotonic() - begun < 0.1
    assert threading.active_count() == before + 1
    gate.set()
    time.sleep(0.1)
    assert check()["state"] == "ok"


def test_a_look_that_breaks_says_so_and_the_next_one_is_another() -> None:
    answers = iter([OSError("a secret path"), None])

    def look() -> Part:
        error = next(answers)
        if error:
            raise error
        return ok("it")

    check = Check("test", look, shared_seconds=0)
    told = check()
    assert (told["ok"], told["code"]) == (False, "part.failed")
    assert "secret" not in str(told)
    time.sleep(0.01)
    assert check()["state"] == "ok"
