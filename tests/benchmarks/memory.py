"""What memory costs with 1 000, 10 000 and 100 000 passages of 200 users, an owner's filter always on; medians.

The dense stage beside raw Chroma and NumPy's brute force over the same vectors, by turns; then the whole search, the
context of a build, storing one passage until it is in the index, and a build of 30 files. ``--sizes`` sets the sizes.
"""

import argparse
import os
import statistics
import sys
import time
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from functools import partial
from itertools import cycle
from typing import Any

import django

os.environ.setdefault("DJANGO_SETTINGS_MODULE", "agentsite.settings")
django.setup()

import numpy as np  # noqa: E402  Django must be set up first
from django.core.management import call_command  # noqa: E402

from agentsite.accounts.models import User  # noqa: E402
from memory import dense, engine, retrieval, services  # noqa: E402
from memory.lexical import terms_of  # noqa: E402
from memory.models.vectors import Collection, ContentType, VectorMemory  # noqa: E402
from memory.scope import Scope, owner_key  # noqa: E402
from memory.services import Document  # noqa: E402
from memory.vectors import Vector  # noqa: E402
from tests.benchmarks.docstrings import Pair, pairs  # noqa: E402

USERS, ROUNDS, WARM_UP, K = 200, 60, 5, 10
BUDGET_TOKENS, FILES = 2_000, 30
SHELF = (Collection.CODE.value,)


@dataclass
class Filled:
    """The passages of all users, as the table holds them."""

    users: Sequence[User]
    vectors: Vector
    owners: "np.ndarray[Any, Any]"


def main() -> None:
    """Fill up from size to size; measure at each."""
    asked = _arguments()
    call_command("migrate", verbosity=0)
    corpus, users = pairs(2_000), _users()
    columns: dict[int, dict[str, float]] = {}
    for size in asked.sizes:
        started = time.perf_counter()
        filled = _filled(size, users, corpus)
        say(f"{size:,} passages in place after {time.perf_counter() - started:.0f} s\n")
        columns[size] = _measured(filled, corpus)
    say(f"\n{'milliseconds':<44}{''.join(f'{size:>12,}' for size in columns)}\n")
    for name in next(iter(columns.values())):
        say(f"{name:<44}{''.join(f'{column[name] * 1000:>12.2f}' for column in columns.values())}\n")
    ratios = [column["our dense stage"] / column["raw Chroma"] for column in columns.values()]
    say(f"{'our dense stage / raw Chroma (at most 1.2)':<44}{''.join(f'{ratio:>12.2f}' for ratio in ratios)}\n")


def _users() -> list[User]:
    names = [f"reader-{number:03d}" for number in range(USERS)]
    User.objects.bulk_create((User(username=n, email=f"{n}@example.org") for n in names), ignore_conflicts=True)
    return list(User.objects.filter(username__startswith="reader-").order_by("username"))


def _filled(size: int, users: Sequence[User], corpus: Sequence[Pair]) -> Filled:
    """Bring the table and the index to so many passages; the users take turns."""
    there = VectorMemory.objects.count()
    for start in range(there, size, 5_000):
        numbers = range(start, min(size, start + 5_000))
        VectorMemory.objects.bulk_create(_row(number, users, corpus) for number in numbers)
        services.sync_index()
    rows = list(VectorMemory.objects.values_list("user_id", "embedding"))
    vectors = np.stack([np.frombuffer(bytes(embedding or b""), dtype="<f4") for _, embedding in rows])
    return Filled(users, vectors, np.array([user_id for user_id, _ in rows]))


def _row(number: int, users: Sequence[User], corpus: Sequence[Pair]) -> VectorMemory:
    pair = corpus[number * 7 % len(corpus)]
    content = f"{pair.body}\n    # {corpus[number * 11 % len(corpus)].question} {number}"
    return VectorMemory(
        user=users[number % len(users)],
        collection=Collection.CODE,
        content=content,
        content_type=ContentType.CODE,
        title=pair.name,
        source_file=f"{number}.py",
        language="python",
        terms=terms_of(pair.name, content),
        content_hash=str(number),
    )


def _measured(filled: Filled, corpus: Sequence[Pair]) -> dict[str, float]:
    """Return median seconds; what answers the same question takes turns."""
    queries = [(user, pair.question) for user, pair in zip(cycle(filled.users[::7]), corpus[:ROUNDS], strict=False)]
    vectors = [engine.current().embedder.embed_query(query) for _, query in queries]
    ways = {
        "raw Chroma": _raw_chroma(),
        "our dense stage": lambda user, vector: dense.search(Scope(user.id, SHELF), vector, K),
        "NumPy brute force": lambda user, vector: _brute_force(filled, user.id, vector),
    }
    asked = [(user, vector) for (user, _), vector in zip(queries, vectors, strict=True)]
    taken = {name: list[float]() for name in ways}
    for user, vector in [*asked[:WARM_UP], *asked]:
        for name, ask in ways.items():
            taken[name].append(seconds(partial(ask, user, vector)))
    found = {name: statistics.median(times[WARM_UP:]) for name, times in taken.items()}
    user = filled.users[0]
    return found | {
        "whole search, one shelf": _median(
            lambda number: retrieval.search(Scope(queries[number][0].id, SHELF), queries[number][1])
        ),
        "whole search, all shelves": _median(
            lambda number: retrieval.search(Scope(queries[number][0].id), queries[number][1])
        ),
        "context for a build (at most 500)": _median(lambda number: _context(*queries[number])),
        "add one, until it is in the index (at most 200)": _median(
            lambda number: _add(user, [f"one{number}.py"], corpus), 20
        ),
        "index a build of 30 files (at most 1 000)": _median(lambda number: _add(user, _paths(number), corpus), 5),
    }


def _raw_chroma() -> Callable[[User, Vector], object]:
    index: Any = engine.current().index
    index.count(Collection.CODE)
    collection = index._collection(Collection.CODE)
    return lambda user, vector: collection.query(
        query_embeddings=[vector], n_results=K, where={"owner": owner_key(user.id)}, include=["distances"]
    )


def _brute_force(filled: Filled, user_id: int, vector: Vector) -> object:
    ours = np.flatnonzero(filled.owners == user_id)
    similarities = filled.vectors[ours] @ vector
    return ours[np.argsort(-similarities)[:K]]


def _context(user: User, query: str) -> object:
    return retrieval.within_budget(retrieval.search(Scope(user.id, for_builds=True), query), BUDGET_TOKENS)


def _paths(number: int) -> list[str]:
    return [f"build{number}/{file}.py" for file in range(FILES)]


def _add(user: User, paths: Sequence[str], corpus: Sequence[Pair]) -> None:
    """Store files that are not there yet, and wait for the index."""
    mark = VectorMemory.objects.count()
    documents = [
        Document(path, "\n\n".join(pair.body for pair in corpus[place * 5 : place * 5 + 5]), f"{mark}/{path}", "python")
        for place, path in enumerate(paths)
    ]
    services.index_passages(user_id=user.id, build_id=None, collection=SHELF[0], verified=True, documents=documents)
    services.catch_up()


def _median(act: Callable[[int], object], rounds: int = ROUNDS) -> float:
    return statistics.median(seconds(partial(act, number)) for number in range(rounds))


def seconds(act: Callable[[], object]) -> float:
    """Return the seconds that something takes."""
    started = time.perf_counter()
    act()
    return time.perf_counter() - started


def say(text: str) -> None:
    """Write at once."""
    sys.stdout.write(text)
    sys.stdout.flush()


def _arguments() -> argparse.Namespace:
    parser = argparse.ArgumentParser(prog="script/bench memory", description=__doc__)
    parser.add_argument("--sizes", type=int, nargs="+", default=[1_000, 10_000, 100_000])
    return parser.parse_args()


if __name__ == "__main__":
    main()
