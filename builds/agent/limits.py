"""How much one build may use, and when going on is pointless."""

from collections.abc import Sequence
from dataclasses import dataclass

from builds.agent.values import JsonDict

_SAME_TREE, _SAME_SIGNATURE = 2, 3


@dataclass(frozen=True)
class Limits:
    """Upper bounds of one build."""

    max_repairs: int = 3
    analyse_tokens: int = 2_000
    plan_tokens: int = 1_500
    code_tokens: int = 8_000
    reading_tokens: int = 500
    answer_tokens: int = 1_200
    outline_tokens: int = 2_000
    context_tokens: int = 3_000
    prompt_characters: int = 80_000
    project_characters: int = 40_000
    """How much of an existing project one prompt shows, in whole files."""


def reason_to_give_up(*, failures: Sequence[JsonDict], repairs: int, max_repairs: int) -> str:
    """Return the code under which failing tests end the build, or an empty string to go on repairing.

    Stuck is: the same failure with the same files twice, or the same failure three times.

    :param failures: oldest first, each ``{"signature": …, "tree_hash": …}``.
    """
    last = failures[-1]
    if sum(failure == last for failure in failures) >= _SAME_TREE:
        return "build.stuck"
    if repairs >= max_repairs:
        return "tests.failing"
    same = sum(failure["signature"] == last["signature"] for failure in failures)
    return "build.stuck" if same >= _SAME_SIGNATURE else ""
