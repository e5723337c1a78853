"""Kill parts of Agentsite at random and look at what is left. Exits with 1 when anything is, or a part wasn't hit."""

import argparse
import json
import os
import secrets
import signal
import subprocess
import sys

from tests.chaos.sandbox import torment
from tests.chaos.scale import LONG, SCENARIOS, SHORT
from tests.contract.sandbox_probes import ordinary_user

SHORT_SECONDS, LONG_SECONDS = 2.0, 120.0


def main() -> int:
    """Run the sub-command."""
    parser = argparse.ArgumentParser(prog="script/chaos", description=__doc__)
    commands = parser.add_subparsers(required=True)
    sandbox = commands.add_parser("sandbox", help="workers, bubblewrap, watchdogs and programs under eight runs")
    sandbox.add_argument("--seconds", type=float, help=f"for each identity; {LONG_SECONDS:.0f} unless given")
    sandbox.add_argument("--short", action="store_true", help=f"{SHORT_SECONDS:.0f} seconds: what CI does")
    sandbox.add_argument("--seed", type=int, default=secrets.randbelow(10_000), help="repeats the choices")
    sandbox.add_argument("--identity", choices=("root", "unprivileged", "both"), help="all that this user can be")
    sandbox.add_argument("--json", action="store_true", help="one line of JSON for each identity, no table")
    sandbox.set_defaults(run=run_sandbox)
    whole = commands.add_parser("builds", help="workers, Redis and PostgreSQL under whole builds")
    whole.add_argument("--short", action="store_true", help="little of everything: what CI does")
    whole.add_argument("--seed", type=int, default=secrets.randbelow(10_000), help="repeats the choices")
    whole.add_argument("--scenario", action="append", choices=SCENARIOS, help="only this one; may be given again")
    whole.add_argument("--json", action="store_true", help="one line of JSON for each scenario, no table")
    whole.set_defaults(run=run_builds)
    given = parser.parse_args()
    signal.signal(signal.SIGTERM, lambda *_: sys.exit(1))  # so that it tidies up after itself
    return int(given.run(parser, given))


def run_sandbox(parser: argparse.ArgumentParser, given: argparse.Namespace) -> int:
    """Torment the sandbox in each identity that was asked for."""
    is_root = os.geteuid() == 0
    wanted = given.identity or ("both" if is_root else "unprivileged")
    if wanted != "unprivileged" and not is_root:
        parser.error(f"--identity {wanted} needs root; as this user only unprivileged can be tried")
    seconds = given.seconds or (SHORT_SECONDS if given.short else LONG_SECONDS)
    results = []
    if wanted in {"root", "both"}:
        results.append(here(given, seconds))
    if wanted in {"unprivileged", "both"}:
        results.append(as_ordinary_user(given, seconds) if is_root else here(given, seconds))
    return max(results)


def here(given: argparse.Namespace, seconds: float) -> int:
    """Torment as this user."""
    report = torment(seed=given.seed, seconds=seconds)
    sys.stdout.write(f"{json.dumps(report.as_json()) if given.json else report}\n")
    sys.stdout.flush()
    for target in report.missed():
        sys.stderr.write(f"never killed: {target}\n")
    return 1 if report.left or report.missed() else 0


def as_ordinary_user(given: argparse.Namespace, seconds: float) -> int:
    """Do the same as somebody who isn't root."""
    with ordinary_user() as python:
        options = ["--seconds", str(seconds), "--seed", str(given.seed), *(["--json"] if given.json else [])]
        return subprocess.run([*python, "-m", "tests.chaos", "sandbox", *options], check=False).returncode


def run_builds(_parser: argparse.ArgumentParser, given: argparse.Namespace) -> int:
    """Hurt an installation and judge what became of its builds."""
    from tests.chaos import builds  # needs far more than the sandbox's ordinary user can read

    sys.stdout.write("" if given.json else f"builds, seed {given.seed}\n\n")
    kept = True
    for verdict in builds.run(SHORT if given.short else LONG, seed=given.seed, only=given.scenario or ()):
        sys.stdout.write(f"{json.dumps(verdict.as_json()) if given.json else verdict}\n")
        sys.stdout.flush()
        kept = kept and not verdict.broken
    return 0 if kept else 1


if __name__ == "__main__":
    sys.exit(main())
