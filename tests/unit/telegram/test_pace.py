"""The pace, on a clock of the test's own."""

from dataclasses import dataclass

from telegram_link.pace import CHAT_SECONDS, PER_SECOND, Pace


@dataclass
class Clock:
    """A clock that stands until it is moved."""

    now: float = 100.0

    def __call__(self) -> float:
        return self.now


def test_a_chat_is_busy_for_a_second_and_others_are_not() -> None:
    clock = Clock()
    pace = Pace(clock)
    pace.note(1)
    assert pace.busy() == {1}
    clock.now += 1.0
    assert pace.busy() == {1}
    clock.now += CHAT_SECONDS - 1.0 + 0.001
    assert pace.busy() == set()


def test_so_many_go_out_in_a_second_and_not_one_more() -> None:
    clock = Clock()
    pace = Pace(clock)
    for chat in range(PER_SECOND):
        assert pace.room() == PER_SECOND - chat
        pace.note(chat)
    assert pace.room() == 0
    clock.now += 0.999
    assert pace.room() == 0
    clock.now += 0.002
    assert pace.room() == PER_SECOND


def test_in_no_second_more_go_out_than_telegram_takes() -> None:
    clock, sent = Clock(), []
    pace = Pace(clock)
    for tick in range(1_000):
        clock.now = 100.0 + tick / 100
        for number in range(max(0, min(3, pace.room()))):
            pace.note(tick * 10 + number)
            sent.append(clock.now)
    assert len(sent) >= 9 * PER_SECOND
    assert all(sent[index + PER_SECOND] - sent[index] >= 0.999 for index in range(len(sent) - PER_SECOND))


def test_a_chat_that_was_written_to_again_stays_busy() -> None:
    clock = Clock()
    pace = Pace(clock)
    pace.note(1)
    clock.now += 0.9
    pace.note(1)
    clock.now += 0.9
    assert pace.busy() == {1}
