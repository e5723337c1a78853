"""Runs every proof again, on the same tree with the same seeds, and compares what was stored with what was seen."""

import json
import secrets
from collections.abc import Iterator
from dataclasses import dataclass

from builds import evidence
from builds.agent import verdict
from builds.agent.nodes.finalise import evidence_rows, not_judged
from builds.agent.nodes.sandboxed import MAX_SEED, compared, run_alone, with_reason
from builds.agent.ports import Toolchain
from builds.agent.state import State
from builds.agent.tree import manifest, tree_hash
from builds.agent.values import Tree
from builds.models.evidence import EvidenceKind

COMPARED = {
    "clean_run": ("outcome", "reason"),
    "acceptance": ("outcome", "reason", "paths"),
    "reorder": ("outcome", "reason", "seed"),
    "negative_control": (
        *("outcome", "reason", "seed", "sensitive", "insensitive", "by_test", "sensitivity_percent"),
        *("uncovered_functions", "mutants_possible", "mutants_run", "mutants_killed", "survivors", "suspicious"),
    ),
}
"""What has to be the same again in the report of each kind; times, versions and messages need not."""
_MOST_SHOWN = 300


@dataclass(frozen=True)
class Row:
    """One thing that was compared; None where there is nothing."""

    name: str
    stored: object
    found: object

    @property
    def agrees(self) -> bool:
        """Say whether both are the same."""
        return _text(self.stored) == _text(self.found)

    def __str__(self) -> str:
        if self.agrees:
            return self.name
        if self.stored is None:
            return f"{self.name}: the evidence lacks it, here it is {_text(self.found)[:_MOST_SHOWN]}"
        return f"{self.name}: stored {_text(self.stored)[:_MOST_SHOWN]}, now {_text(self.found)[:_MOST_SHOWN]}"


def checked(toolchain: Toolchain, tree: Tree, stored: evidence.Document) -> Iterator[Row]:
    """Run everything again, judge it, and compare that with the stored evidence."""
    yield Row("tree hash", stored.tree_hash, tree_hash(tree))
    yield from _differences("files", stored.files, manifest(tree))
    yield from _unclaimed(stored.claims)
    seen = seen_now(toolchain, tree, stored)
    rows = [evidence.proof(**row) for row in evidence_rows(seen) if row["kind"] != EvidenceKind.INDEPENDENCE]
    yield Row("kinds of proof", sorted(proof.kind for proof in stored.proofs), sorted(proof.kind for proof in rows))
    for now in rows:
        yield from _proof(next((proof for proof in stored.proofs if proof.kind == now.kind), None), now)
    yield Row("verification", stored.verification, verdict.verification(seen))


def seen_now(toolchain: Toolchain, tree: Tree, stored: evidence.Document) -> State:
    """Return what the last node would have written, had it run here; only claims and seeds are the file's.

    The tests of the examples are written anew: those in the tree may be anybody's.
    """
    claims = stored.claims
    examples = claims.examples or []
    written = toolchain.acceptance_tests(examples, {path: tree[path] for path in tree if not toolchain.is_test(path)})
    clean_run = toolchain.run_tests(tree)
    state = State(
        tree_hash=tree_hash(tree),
        examples=[example.model_dump(mode="json") for example in examples],
        acceptance_paths=sorted(written),
        changed_tests=claims.changed_tests or [],
        lost_tests=bool(claims.lost_tests),
        clean_run=clean_run.model_dump(mode="json"),
    )
    if written:
        alone = run_alone(toolchain, {**tree, **written}, sorted(written))
        state["acceptance"] = with_reason(alone, clean_run).model_dump(mode="json")
    if clean_run.outcome != "passed":
        return State(**state, control=not_judged(clean_run).model_dump(mode="json"))
    again = compared(clean_run, toolchain.run_tests(tree, seed=_seed(stored, "reorder")))
    control = toolchain.negative_control(tree, seed=_seed(stored, "negative_control"))
    return State(**state, reorder=again.model_dump(mode="json"), control=control.model_dump(mode="json"))


def _seed(stored: evidence.Document, kind: str) -> int:
    """Return the stored seed; another one where there is none, or one that would not shuffle."""
    seeds = [proof.report.get("seed") for proof in stored.proofs if proof.kind == kind]
    usable = [seed for seed in seeds if type(seed) is int and 0 < seed <= MAX_SEED]
    return usable[0] if usable else 1 + secrets.randbelow(MAX_SEED)


def _unclaimed(claims: evidence.Claims) -> Iterator[Row]:
    for name in ("changed_tests", "lost_tests", "examples"):
        if getattr(claims, name) is None:
            yield Row(f"claims: {name}", None, "unknown")


def _proof(stored: evidence.Proof | None, now: evidence.Proof) -> Iterator[Row]:
    if stored is None:
        yield Row(now.kind, None, now.report.get("outcome"))
        return
    yield Row(f"{now.kind}: passed", stored.passed, now.passed)
    yield from _differences(f"{now.kind}: results", stored.results, now.results or {})
    for name in COMPARED[now.kind]:
        yield Row(f"{now.kind}: {name}", stored.report.get(name), now.report.get(name))


def _differences(name: str, stored: dict[str, str] | None, now: dict[str, str]) -> Iterator[Row]:
    """Compare entry by entry, so that a difference names what it is about."""
    if stored is None:
        yield Row(name, None, len(now))
    elif stored == now:
        yield Row(name, len(stored), len(now))
    else:
        names = sorted(key for key in {*stored, *now} if stored.get(key) != now.get(key))
        yield from (Row(f"{name}: {key!a}", stored.get(key), now.get(key)) for key in names)


def _text(value: object) -> str:
    return "nothing" if value is None else json.dumps(value, sort_keys=True)
