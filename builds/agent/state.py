"""What the workflow knows, as plain versioned JSON that survives the process."""

from collections.abc import Sequence
from typing import TypedDict

from builds.agent.attachments import Attached
from builds.agent.base import Base
from builds.agent.values import JsonDict

VERSION = 1


class State(TypedDict, total=False):
    """The graph's state; ``docs/architecture.md`` says which node writes what."""

    version: int
    start_at: str
    """The node to begin with, in a run that goes on where another one ended; the first node without it."""
    base: Base
    """The project that a fork changes; without it the build begins with nothing."""
    request: JsonDict
    """requirements, description, project_name, language; ``left_out``: placeholders in it for what was taken out;
    ``known``: what its user wants borne in mind."""
    attachments: list[Attached]
    """What came with the request, as it was read; missing when nothing did."""
    analysis: JsonDict
    examples: list[JsonDict]
    plan: JsonDict
    passages: list[JsonDict]
    attempt: int
    tree_hash: str
    acceptance_paths: list[str]
    report: JsonDict
    failures: list[JsonDict]
    repairs: int
    repairs_before: int
    """Repairs of the failed build that this one goes on with; its own are counted anew."""
    changed_tests: list[str]
    """Test files that a repair changed; the result is then no longer judged by tests that never saw the code."""
    lost_tests: bool
    review: JsonDict
    clean_run: JsonDict
    acceptance: JsonDict
    """The request's examples alone; missing when there are none."""
    reorder: JsonDict
    control: JsonDict
    proofs: list[JsonDict]
    verification: str
    summary: str
    error: JsonDict
    """Code and details when the build is to end as failed with what it has."""


def first_state(
    *,
    requirements: str,
    description: str,
    project_name: str,
    language: str,
    left_out: Sequence[str] = (),
    known: Sequence[str] = (),
) -> State:
    """Return the state a build begins with."""
    request: JsonDict = {
        "requirements": requirements,
        "description": description,
        "project_name": project_name,
        "language": language,
    }
    if left_out:
        request["left_out"] = list(left_out)
    if known:
        request["known"] = "\n".join(f"- {' '.join(text.split())}" for text in known)
    return State(
        version=VERSION, request=request, attempt=0, repairs=0, failures=[], changed_tests=[], lost_tests=False
    )
