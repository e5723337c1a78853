"""The thread that looks at the table goes on, whatever one of its chores meets."""

import pytest

from builds.chores import Chore

pytestmark = pytest.mark.django_db(transaction=True)


def test_a_fault_that_nobody_thought_of_does_not_end_the_lookout() -> None:
    turns: list[str] = []

    def broken() -> None:
        turns.append("taken")
        raise OSError("no space left on device")

    chore = Chore(0.0, broken)
    chore.take_turn()
    chore.take_turn()
    assert turns == ["taken", "taken"]
