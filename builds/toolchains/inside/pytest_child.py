"""Runs beside foreign code: calls pytest with nothing of the project's configuration, and reports test by test."""

import doctest
import os
import sys
from types import ModuleType

import coverage
import delivered
import failures
import guard
import ledger
import mutants
import pytest
import reporter
import sessions
import stubs
import tripwires
import values

WORK = "/work"
MAX_MISSING = 5000
OWN: tuple[ModuleType, ...] = (
    *(delivered, failures, guard, ledger, mutants, reporter, sessions, stubs, tripwires, values),
)

ARGUMENTS = (
    *("-c", "/dev/null", "--rootdir", WORK, "--noconftest", "-p", "no:cacheprovider", "-p", "no:terminal"),
    *("-s", "--continue-on-collection-errors", "-o", "norecursedirs=", WORK),
)


def run(report: int, orders: int) -> None:
    """Run the project's tests and end the process without giving exit hooks a turn."""
    os.environ["PYTEST_DISABLE_PLUGIN_AUTOLOAD"] = os.environ["PYTHONDONTWRITEBYTECODE"] = "1"
    os.environ.pop("PYTHONHASHSEED", None)
    sys.dont_write_bytecode = True
    trusted = reporter.trusted() | sessions.trusted() | {run.__code__}
    settings, send = ledger.opened(report, orders, trusted)
    code, paths = list(settings["code"]), list(settings["python"])
    send(("tell", "functions", 0, stubs.public_functions(code)))
    send(("tell", "tripwires", 0, tripwires.found(paths, code)))
    measure = start_coverage()
    leave_tracing_alone()
    hide()
    plugin = reporter.Reporter(send, sessions.Sessions(send, code).run)
    exit_code = int(pytest.main(list(ARGUMENTS), plugins=[plugin]))
    lines = measured(measure, code)
    tools = {"python": sys.version.split()[0], "pytest": pytest.__version__, "coverage": coverage.__version__}
    send(("finished", exit_code, lines, tools, list(ARGUMENTS)))
    os._exit(exit_code)


def hide() -> None:
    """Make flat, ``src`` and package layouts importable, and keep our own modules out of their way."""
    guard.own.extend(OWN)
    for module in OWN:
        sys.modules.pop(module.__name__)
    folders = [folder for folder in (f"{WORK}/src", WORK) if os.path.isdir(folder)]
    sys.path[:] = [*folders, *(path for path in sys.path if path != "/driver")]
    os.environ["PYTHONPATH"] = ":".join(folders)  # for programs of the project that a test starts
    sys.argv, sys.orig_argv = ["pytest"], ["python", "-m", "pytest"]


def start_coverage() -> coverage.Coverage:
    """Count the lines of the project, with no configuration and no file."""
    measure = coverage.Coverage(data_file=None, config_file=False, branch=False, include=[f"{WORK}/*"], messages=False)
    measure._warn_no_data = False  # noqa: SLF001 (a project without code is no reason to print)
    measure.start()
    return measure


def leave_tracing_alone() -> None:
    """Keep doctest from setting the trace function that is set already: the guard could not tell it from a trick."""
    code = doctest.DocTestRunner.run.__code__
    harmless = tuple("getrefcount" if name == "settrace" else name for name in code.co_names)
    doctest.DocTestRunner.run.__code__ = code.replace(co_names=harmless)


def measured(measure: coverage.Coverage, code: list[str]) -> dict[str, dict[str, object]]:
    """Return the counts of each file, also of those that no test imports; unreadable ones are left out."""
    measure.stop()
    counts, room = {}, MAX_MISSING
    for path in code:
        try:
            _, statements, _, missing, _ = measure.analysis2(f"{WORK}/{path}")
        except (coverage.CoverageException, OSError):
            continue
        covered = len(statements) - len(missing)
        counts[path] = {"statements": len(statements), "covered": covered, "missing": missing[:room]}
        room = max(0, room - len(missing))
    return counts
