"""Every probe is refused inside, was really tried there, and works where there is no sandbox."""

import json
import os
import subprocess
import tempfile
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest

from builds.agent.values import SandboxRequest
from builds.sandbox.choose import choose_sandbox
from tests.contract.probes.bait import LIMITS, MAIN, bare_command, laid_out, sources
from tests.contract.probes.register import Bait
from tests.contract.probes.run import load
from tests.contract.sandbox_probes import PYTHON

pytestmark = pytest.mark.sandbox

PROBES = load()
IS_ROOT = os.geteuid() == 0
Outcomes = dict[str, dict[str, Any]]


@pytest.fixture(scope="module")
def bait() -> Iterator[Bait]:
    with laid_out() as things:
        yield things


@pytest.fixture(scope="module")
def inside(bait: Bait) -> Outcomes:
    """Make all attempts in one sandbox."""
    given = json.dumps({**bait, "linkable": "/usr/bin/env", "bounded": False}).encode()
    argv = (*PYTHON, "-B", "-c", MAIN.format(place="/work"))
    result = choose_sandbox().run(SandboxRequest(argv=argv, files=sources(), stdin=given, limits=LIMITS))
    assert (result.outcome, result.exit_code) == ("exited", 0), result
    return dict(json.loads(result.stdout))


@pytest.fixture(scope="module")
def bare(bait: Bait) -> Outcomes:
    """Make all attempts without a sandbox, within bounds."""
    with tempfile.TemporaryDirectory() as folder:
        for path, content in sources().items():
            (Path(folder) / path).parent.mkdir(parents=True, exist_ok=True)
            (Path(folder) / path).write_bytes(content)
        result = subprocess.run(
            bare_command(Path(folder)),
            input=json.dumps({**bait, "bounded": True}).encode(),
            capture_output=True,
            check=True,
            timeout=120,
            start_new_session=True,
        )
    return dict(json.loads(result.stdout))


def test_there_are_enough_probes_and_all_of_them_ran(inside: Outcomes) -> None:
    assert len(inside) >= 60
    assert {name for name in PROBES if not inside.get(name, {}).get("begun")} == set()


@pytest.mark.parametrize("name", sorted(PROBES))
def test_nothing_escapes(inside: Outcomes, name: str) -> None:
    assert inside[name]["begun"]
    assert not inside[name]["reached"], inside[name]


@pytest.mark.parametrize("name", [name for name, probe in sorted(PROBES.items()) if probe.control != "none"])
def test_the_attempt_succeeds_without_a_sandbox(bare: Outcomes, name: str) -> None:
    if PROBES[name].control == "root" and not IS_ROOT:
        pytest.skip("only root can do this even on the bare machine")
    if name.startswith("call_") and bare[name]["how"] == "ENOSYS":
        pytest.skip("this kernel was built without the call")
    assert bare[name]["reached"], bare[name]
