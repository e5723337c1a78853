"""Labelled questions for what comes after relevance: of two nearly equal answers one is right, or two things are asked.

Every set is made from pairs of ``docstrings``, so that both answers fit the question as well as in the big table.
"""

import sys
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from datetime import timedelta
from typing import Any

from django.utils import timezone

from agentsite.accounts.models import User
from builds.models.build import Build
from builds.models.run import Run, RunKind
from builds.states import State, Verification
from memory import retrieval, services
from memory.models.usage import PassageUse
from memory.models.vectors import Collection, VectorMemory
from memory.ranking import ALL_SIGNALS, Signals
from memory.scope import Scope
from memory.services import Document
from tests.benchmarks.docstrings import Pair

COPIES, NEAR_TOP = 4, 3
Right = Callable[[Sequence[str], int], bool]
"""Whether a list of files answers the question with this number."""


@dataclass(frozen=True)
class LabelledSet:
    """Documents, what is known of them, and what the right answer to each question is."""

    name: str
    documents: Callable[[int, Pair], list[tuple[str, str]]]
    """Path and text of each document for one pair."""
    question: Callable[[Sequence[Pair], int], str]
    is_right: Right
    know: Callable[[User], None]
    """Write down what sets the right answers apart."""


def print_labelled(corpus: Sequence[Pair]) -> None:
    """Print for each set how many questions are answered right by relevance alone and by the whole ranking."""
    _say(f"\n{'answered right':<30} {'fused':>9} {'ranked':>9}   of {len(corpus)}\n")
    for labelled in (RECENT, VERIFIED, HELPFUL, SEVERAL):
        user = User.objects.create(username=labelled.name, email=f"{labelled.name.replace(' ', '-')}@example.org")
        _fill(user, labelled, corpus)
        labelled.know(user)
        counts = [
            _count(user, labelled, corpus, signals) for signals in (Signals.only("dense", "lexical"), ALL_SIGNALS)
        ]
        _say(f"{labelled.name:<30} {counts[0]:>9} {counts[1]:>9}\n")


def _fill(user: User, labelled: LabelledSet, corpus: Sequence[Pair]) -> None:
    made = [document for number, pair in enumerate(corpus) for document in labelled.documents(number, pair)]
    documents = [Document("", text, path, "python") for path, text in made]
    services.index_passages(
        user_id=user.id, build_id=None, collection=Collection.CODE, verified=False, documents=documents
    )
    services.sync_index()


def _count(user: User, labelled: LabelledSet, corpus: Sequence[Pair], signals: Signals) -> int:
    right = 0
    for number in range(len(corpus)):
        query = labelled.question(corpus, number)
        found = retrieval.search(Scope(user.id, (Collection.CODE,)), query, limit=10, signals=signals)
        right += labelled.is_right([hit.source_file for hit in found], number)
    return right


def _twice(number: int, pair: Pair) -> list[tuple[str, str]]:
    """One of the two gets more words of the question now and then, as it happens with two versions of a function."""
    changed = f"{pair.body}\n    # revised, see the notes of the second edition"
    first, second = (pair.body, changed) if number % 2 else (changed, pair.body)
    return [(f"{number}-right.txt", first), (f"{number}-wrong.txt", second)]


def _first_is_right(found: Sequence[str], number: int) -> bool:
    ours = [path for path in found if path.startswith(f"{number}-")]
    return bool(ours) and ours[0] == f"{number}-right.txt"


def _copied(number: int, pair: Pair) -> list[tuple[str, str]]:
    count = COPIES if number % 2 == 0 else 1
    return [(f"{number}-{copy}.txt", f"{pair.body}\n    # copy {copy}") for copy in range(count)]


def _both_near_the_top(found: Sequence[str], number: int) -> bool:
    """Whether the first hits hold the thing of which there are many copies and the one beside it."""
    there = {path.partition("-")[0] for path in found[:NEAR_TOP]}
    return {str(number - number % 2), str(number - number % 2 + 1)} <= there


def _two_things(corpus: Sequence[Pair], number: int) -> str:
    many = number - number % 2
    return f"{corpus[many].question} {corpus[min(many + 1, len(corpus) - 1)].question}"


def _one_thing(corpus: Sequence[Pair], number: int) -> str:
    return corpus[number].question


def _wrong(user: User) -> Any:
    return VectorMemory.objects.filter(user=user, source_file__endswith="-wrong.txt")


def _old(user: User) -> None:
    _wrong(user).update(created_at=timezone.now() - timedelta(days=730))


def _verified(user: User) -> None:
    VectorMemory.objects.filter(user=user, source_file__endswith="-right.txt").update(verified=True)


def _helped(user: User) -> None:
    for verification, ending in ((Verification.VERIFIED, "right"), (Verification.UNVERIFIED, "wrong")):
        for _ in range(3):
            build = _ended_build(user, verification)
            ids = VectorMemory.objects.filter(user=user, source_file__endswith=f"-{ending}.txt").values_list(
                "id", flat=True
            )
            PassageUse.objects.bulk_create(
                PassageUse(user=user, build=build, passage_id=row_id, rank=1, score=1.0, source="own") for row_id in ids
            )


def _ended_build(user: User, verification: Verification) -> Build:
    run = Run.objects.create(kind=RunKind.BUILD, user=user, state=State.COMPLETED)
    now = timezone.now()
    return Build.objects.create(
        user=user,
        run=run,
        project_name="a",
        requirements="a",
        status=State.COMPLETED,
        completed_at=now,
        verification=verification,
    )


def _nothing(_user: User) -> None:
    return None


def _say(text: str) -> None:
    sys.stdout.write(text)
    sys.stdout.flush()


RECENT = LabelledSet("the newer of two", _twice, _one_thing, _first_is_right, _old)
VERIFIED = LabelledSet("the verified of two", _twice, _one_thing, _first_is_right, _verified)
HELPFUL = LabelledSet("the one that helped", _twice, _one_thing, _first_is_right, _helped)
SEVERAL = LabelledSet("two things, one in 4 copies", _copied, _two_things, _both_near_the_top, _nothing)
