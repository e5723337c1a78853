"""Checks stored evidence again: the same tests and the same control, on the same tree, with the same seeds."""

import io
import json
import zipfile
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from typing import Any

from builds.agent.nodes.sandboxed import compared, run_alone, with_reason
from builds.agent.ports import Toolchain
from builds.agent.tree import MAX_FILE_BYTES, MAX_FILES, MAX_TREE_BYTES, broken_rule, tree_hash
from builds.agent.values import TestReport
from builds.evidence import FILE

MAX_EVIDENCE_BYTES = 8 << 20


@dataclass(frozen=True)
class Row:
    """One thing that was compared."""

    name: str
    stored: str
    found: str

    @property
    def agrees(self) -> bool:
        """Say whether both are the same."""
        return self.stored == self.found


class UnreadableArchiveError(ValueError):
    """The file is no archive of a build with its evidence."""


def read_archive(content: bytes) -> tuple[dict[str, str], dict[str, Any]]:
    """Return an archive's files and its evidence; nothing is unpacked to disk.

    :raises UnreadableArchiveError: it is damaged, too large, or holds no evidence.
    """
    try:
        with zipfile.ZipFile(io.BytesIO(content)) as archive:
            found = json.loads(_read(archive, FILE, MAX_EVIDENCE_BYTES))
            names = [info.filename for info in archive.infolist() if info.filename != FILE and not info.is_dir()]
            if len(names) > MAX_FILES or sum(archive.getinfo(name).file_size for name in names) > MAX_TREE_BYTES:
                raise UnreadableArchiveError("too large")
            tree = {name.partition("/")[2]: _read(archive, name, MAX_FILE_BYTES).decode() for name in names}
    except (zipfile.BadZipFile, KeyError, ValueError, RecursionError, NotImplementedError, RuntimeError) as error:
        raise UnreadableArchiveError(str(error)) from error
    if not isinstance(found, dict) or any(map(broken_rule, tree)):
        raise UnreadableArchiveError("unsafe")
    return tree, found


def _read(archive: zipfile.ZipFile, name: str, limit: int) -> bytes:
    with archive.open(name) as file:
        content = file.read(limit + 1)
    if len(content) > limit:
        raise UnreadableArchiveError("too large")
    return content


def checked(toolchain: Toolchain, tree: Mapping[str, str], found: Mapping[str, Any]) -> Iterator[Row]:
    """Run everything again, and compare it with the stored evidence."""
    proofs = {str(proof["kind"]): proof for proof in found.get("proofs", [])}
    yield Row("tree hash", str(found.get("tree_hash")), tree_hash(tree))
    if "clean_run" not in proofs:
        yield Row("clean run", "missing", "needed")
        return
    clean_run = toolchain.run_tests(tree)
    yield from _tests("clean run", proofs["clean_run"], clean_run)
    if "acceptance" in proofs:
        paths = [str(path) for path in proofs["acceptance"]["report"].get("paths", [])]
        alone = with_reason(run_alone(toolchain, tree, paths), clean_run)
        yield from _tests("examples by themselves", proofs["acceptance"], alone)
    if "reorder" in proofs:
        seed = int(proofs["reorder"]["report"].get("seed", 0))
        again = compared(clean_run, toolchain.run_tests(tree, seed=seed))
        yield Row(f"another order (seed {seed})", str(proofs["reorder"]["report"]["outcome"]), again.outcome)
    if "negative_control" in proofs and clean_run.outcome == "passed":
        yield from _control(toolchain, tree, proofs["negative_control"]["report"])


def _tests(name: str, proof: Mapping[str, Any], report: TestReport) -> Iterator[Row]:
    stored = proof["results"]
    yield Row(name, str(proof["report"]["outcome"]), report.outcome)
    results = {test.id: test.outcome for test in report.tests}
    differing = [test for test in {**stored, **results} if stored.get(test) != results.get(test)]
    yield Row(f"{name}: results of single tests", f"{len(stored)} alike", f"{len(results) - len(differing)} alike")


def _control(toolchain: Toolchain, tree: Mapping[str, str], stored: Mapping[str, Any]) -> Iterator[Row]:
    seed = int(stored.get("seed", 0))
    report = toolchain.negative_control(tree, seed=seed)
    yield Row(f"negative control (seed {seed})", str(stored["outcome"]), report.outcome)
    insensitive = ", ".join(stored.get("insensitive", [])) or "none"
    yield Row("tests that notice nothing", insensitive, ", ".join(report.insensitive) or "none")
