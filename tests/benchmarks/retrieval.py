"""How well memory finds: real functions asked for by the docstrings they lost, and a labelled set for what comes after.

Both lists alone, fused, and with what the ranking adds, beside plain Chroma with the same vectors. Rows and vectors go
where builds put theirs, through the same services. ``--embedders hashing minilm:DIRECTORY …`` prints a table for each,
in a process with a data directory of its own; else EMBEDDER chooses. ``--pairs`` and ``--queries`` set the sizes.
"""

import argparse
import os
import subprocess
import sys
import tempfile
import time
from collections.abc import Callable, Sequence
from dataclasses import dataclass, field
from math import log2
from typing import Any

import django

os.environ.setdefault("DJANGO_SETTINGS_MODULE", "agentsite.settings")
django.setup()

from django.core.management import call_command  # noqa: E402  Django must be set up first

from agentsite.accounts.models import User  # noqa: E402
from memory import engine, retrieval, services  # noqa: E402
from memory.engine import Engine  # noqa: E402
from memory.models.vectors import Collection, VectorMemory  # noqa: E402
from memory.ranking import ALL_SIGNALS, Signals  # noqa: E402
from memory.scope import Scope, owner_key  # noqa: E402
from memory.services import Document  # noqa: E402
from tests.benchmarks.docstrings import Pair, pairs  # noqa: E402
from tests.benchmarks.retrieval_labelled import print_labelled  # noqa: E402

DEPTH = 10
LABELLED = 200
VARIANTS = {
    "dense alone": Signals.only("dense"),
    "lexical alone": Signals.only("lexical"),
    "fused": Signals.only("dense", "lexical"),
    "fused + ranking": Signals(diversity=False),
    "fused + ranking + diversity": ALL_SIGNALS,
}


@dataclass
class Quality:
    """Where the one right answer stood in each list; None where it was not among the first ten."""

    places: list[int | None] = field(default_factory=list)

    def row(self) -> str:
        """Return recall@1, recall@10, MRR and nDCG@10."""
        found = [place for place in self.places if place is not None]
        sums = (
            sum(place == 0 for place in found),
            len(found),
            sum(1 / (place + 1) for place in found),
            sum(1 / log2(place + 2) for place in found),
        )
        return " ".join(f"{total / len(self.places):>9.3f}" for total in sums)


def main() -> None:
    """Fill, ask, print."""
    asked = _arguments()
    if asked.embedders:
        for name in asked.embedders:
            _print_for(name, asked)
        return
    call_command("migrate", verbosity=0)
    corpus = pairs(asked.pairs)
    user, _ = User.objects.get_or_create(username="reader", email="reader@example.org")
    took = _fill(user, corpus)
    questions = corpus[: asked.queries or None]
    name = engine.current().embedder.fingerprint
    say(f"{name}: {len(corpus):,} installed functions in place after {took:.0f} s, {len(questions):,} asked for\n")
    say(f"{'':<30} {'recall@1':>9} {'recall@10':>9} {'MRR':>9} {'nDCG@10':>9} {'ms each':>9}\n")
    for label, ask in _ways(user, engine.current()).items():
        _print_quality(label, ask, questions)
    print_labelled(corpus[:LABELLED])


def _print_for(name: str, asked: argparse.Namespace) -> None:
    sizes = ("--pairs", str(asked.pairs), "--queries", str(asked.queries))
    with tempfile.TemporaryDirectory() as folder:
        environment = os.environ | {"EMBEDDER": name, "AGENTSITE_DATA_DIR": folder}
        subprocess.run([sys.executable, "-m", "tests.benchmarks.retrieval", *sizes], env=environment, check=True)
    say("\n")


def _fill(user: User, corpus: Sequence[Pair]) -> float:
    """Store the functions and let the index follow; return the seconds."""
    started = time.perf_counter()
    documents = [Document(pair.name, pair.body, f"{number}.txt", "python") for number, pair in enumerate(corpus)]
    for start in range(0, len(documents), services.MAX_DOCUMENTS):
        services.index_passages(
            user_id=user.id,
            build_id=None,
            collection=Collection.CODE,
            verified=False,
            documents=documents[start : start + services.MAX_DOCUMENTS],
        )
    services.sync_index()
    return time.perf_counter() - started


def _print_quality(label: str, ask: Callable[[str], list[str]], questions: Sequence[Pair]) -> None:
    quality, started = Quality(), time.perf_counter()
    for number, pair in enumerate(questions):
        found = ask(pair.question)
        quality.places.append(found.index(f"{number}.txt") if f"{number}.txt" in found else None)
    each = (time.perf_counter() - started) / len(questions) * 1000
    say(f"{label:<30} {quality.row()} {each:>9.1f}\n")


def _ways(user: User, used: Engine) -> dict[str, Callable[[str], list[str]]]:
    """Return what can be asked, each with the files it finds, best first."""
    scope = Scope(user.id)

    def ours(signals: Signals) -> Callable[[str], list[str]]:
        return lambda query: [hit.source_file for hit in retrieval.search(scope, query, limit=DEPTH, signals=signals)]

    files = {str(row_id): file for row_id, file in VectorMemory.objects.values_list("id", "source_file")}
    raw: Any = used.index

    def plain(query: str) -> list[str]:
        collection = raw._collection(Collection.CODE)
        vector = used.embedder.embed_query(query)
        found = collection.query(query_embeddings=[vector], n_results=DEPTH, where={"owner": owner_key(user.id)})
        return [files[row_id] for row_id in found["ids"][0]]

    return {"plain Chroma": plain} | {label: ours(signals) for label, signals in VARIANTS.items()}


def say(text: str) -> None:
    """Write at once."""
    sys.stdout.write(text)
    sys.stdout.flush()


def _arguments() -> argparse.Namespace:
    parser = argparse.ArgumentParser(prog="script/bench retrieval", description=__doc__)
    parser.add_argument("--embedders", nargs="*", default=[], help="as the setting EMBEDDER takes them")
    parser.add_argument("--pairs", type=int, default=3_000, help="functions in memory")
    parser.add_argument("--queries", type=int, default=0, help="how many of them are asked for; 0: all")
    return parser.parse_args()


if __name__ == "__main__":
    main()
