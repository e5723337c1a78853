"""Prints the tables of ``docs/real-packages.md``; see ``script/real-packages``."""

import argparse
import os
import sys
from collections.abc import Sequence
from functools import partial
from pathlib import Path

from builds.agent.nodes.sandboxed import compared
from builds.agent.values import ReorderReport, SandboxLimits, TestReport
from builds.sandbox.choose import REPOSITORY, choose_sandbox
from builds.toolchains.python import PythonToolchain
from tests.real_packages.compare import Comparison, Difference, compare, counted
from tests.real_packages.packages import PACKAGES
from tests.real_packages.plain import run_plainly
from tests.real_packages.sources import Source, fetch, source_of

SEED = 20_240_229
FOLDER = REPOSITORY / "data" / "real-packages"
GENEROUS = SandboxLimits(wall_seconds=120, cpu_seconds=120, processes=256)
"""For suites that need more than a build may have: is it only the limits that they fail for?"""
MAX_SHOWN = 200


def main() -> None:
    """Fetch, run and compare."""
    options = parsed()
    folder = Path(options.folder)
    packages = [package for package in PACKAGES if not options.names or package.name in options.names]
    fetch(packages, folder)
    toolchain = PythonToolchain(choose_sandbox(), GENEROUS if options.generous else SandboxLimits())
    sources = [source_of(package, folder) for package in packages]
    compare_all(toolchain, sources, is_shuffled=options.shuffle)
    if options.control:
        control_all(toolchain, sources)


def parsed() -> argparse.Namespace:
    """Read the command line."""
    parser = argparse.ArgumentParser(
        prog="script/real-packages", description="Compare the toolchain with plain pytest."
    )
    parser.add_argument("names", nargs="*", help="packages; without names all of them")
    parser.add_argument("--shuffle", action="store_true", help="run once more in another order")
    parser.add_argument("--control", action="store_true", help="run the negative control too")
    parser.add_argument("--generous", action="store_true", help="give more time and processes than a build has")
    parser.add_argument("--folder", default=os.fspath(FOLDER), help="where source distributions are kept")
    return parser.parse_args()


def compare_all(toolchain: PythonToolchain, sources: Sequence[Source], *, is_shuffled: bool) -> None:
    """Print a row for each package, then what is to be said of them."""
    head("package", "files", "plain pytest", "equal", "different", "unsteady", "not run", "verdict", "s", "plain s")
    notes: list[str] = []
    for source in sources:
        notes += [f"- {source.package.title}: {note}" for note in compare_one(toolchain, source, is_shuffled)]
    write("", *(notes or ["Nothing to note."]))


def compare_one(toolchain: PythonToolchain, source: Source, is_shuffled: bool) -> list[str]:  # noqa: FBT001
    """Print one package's row, and return what is to be said of it."""
    report, plain = toolchain.run_tests(source.tree), run_plainly(source.tree)
    result = compare(report, plain, partial(run_plainly, source.tree))
    row(
        source.package.title,
        len(source.tree),
        counted(plain),
        result.equal,
        len(result.different),
        len(result.unsteady),
        result.not_run,
        report.reason or report.outcome,
        f"{report.duration_seconds:.1f}",
        f"{plain.seconds:.1f}",
    )
    can_compare = is_shuffled and report.outcome != "broken"
    again = compared(report, toolchain.run_tests(source.tree, seed=SEED)) if can_compare else None
    return notes_of(source, report, result, again)


def notes_of(source: Source, report: TestReport, result: Comparison, again: ReorderReport | None) -> list[str]:
    """Return what a row does not say."""
    notes = [f"left out {path}" for path in source.left_out]
    if report.outcome == "broken":
        notes.append(f"{report.reason}: {report.detail}")
    notes += map(told, result.different)
    if result.unsteady:
        notes.append(f"unsteady in plain pytest too: {len(result.unsteady)}, e.g. {told(result.unsteady[0])}")
    return notes + [f"in another order: {name}" for name in (again.flaky[:10] if again else ())]


def told(each: Difference) -> str:
    """Put a difference into one line."""
    inside, plain = (
        f"{text.splitlines()[0][:MAX_SHOWN]}" if text else "" for text in (each.inside_message, each.plain_message)
    )
    return f"`{each.id}` {each.inside} ({inside}), plain {each.plain} ({plain})"


def control_all(toolchain: PythonToolchain, sources: Sequence[Source]) -> None:
    """Print what the negative control says of each package's tests."""
    write("")
    head("package", "sensitive", "insensitive", "%", "mutants noticed", "uncovered functions", "control", "s")
    for source in sources:
        report = toolchain.negative_control(source.tree, seed=SEED)
        row(
            source.package.title,
            len(report.sensitive),
            len(report.insensitive),
            report.sensitivity_percent,
            f"{report.mutants_killed} of {report.mutants_run}",
            len(report.uncovered_functions),
            report.reason or report.outcome,
            f"{report.duration_seconds:.1f}",
        )


def head(*cells: str) -> None:
    """Print the beginning of a Markdown table."""
    row(*cells)
    row(*("---" for _ in cells))


def row(*cells: object) -> None:
    """Print one row of a Markdown table."""
    write("| " + " | ".join(map(str, cells)) + " |")


def write(*lines: str) -> None:
    """Print lines at once, because the next ones may take a while."""
    sys.stdout.write("".join(f"{line}\n" for line in lines))
    sys.stdout.flush()


if __name__ == "__main__":
    main()
