"""Files that Python or pytest would run by themselves don't run in the sandbox, because of how both are started.

Each is planted with the same words without the isolating flags, too: there it runs, or its silence would prove nothing.
"""

from pathlib import Path

import pytest

from builds.agent.values import SandboxRequest
from builds.sandbox.choose import choose_sandbox

pytestmark = pytest.mark.sandbox

PYTHON = "/runtime/bin/python"
SHOUT = b"import os; os.write(1, b'planted')"
PYTEST = ("-m", "pytest", "-q", "-s", "-p", "no:cacheprovider", "test_a.py")
ISOLATED = ("-c", "/dev/null", "--rootdir", "/work", "--noconftest")
TEST = b"def test_a(): pass\n"

PLANTS: dict[str, tuple[dict[str, bytes], tuple[str, ...], tuple[str, ...]]] = {
    "sitecustomize": (
        {"sitecustomize.py": SHOUT},
        (PYTHON, "-I", "-c", "pass"),
        ("/usr/bin/env", "PYTHONPATH=/work", PYTHON, "-c", "pass"),
    ),
    "module_of_the_standard_library": (
        {"json.py": SHOUT},
        (PYTHON, "-I", "-c", "import json"),
        (PYTHON, "-c", "import json"),
    ),
    "conftest": (
        {"conftest.py": SHOUT, "test_a.py": TEST},
        (PYTHON, "-I", *PYTEST, *ISOLATED),
        (PYTHON, *PYTEST),
    ),
    "configuration_of_pytest": (
        {"pytest.ini": b"[pytest]\naddopts = -p loud\n", "loud.py": SHOUT, "test_a.py": TEST},
        (PYTHON, "-I", *PYTEST, *ISOLATED),
        (PYTHON, *PYTEST),
    ),
    "pytest_itself": (
        {"pytest.py": SHOUT, "test_a.py": TEST},
        (PYTHON, "-I", *PYTEST, *ISOLATED),
        (PYTHON, *PYTEST),
    ),
}
EACH = pytest.mark.parametrize("name", sorted(PLANTS))


def said(files: dict[str, bytes], argv: tuple[str, ...]) -> bytes:
    return choose_sandbox().run(SandboxRequest(argv=argv, files=files)).stdout


@EACH
def test_a_planted_file_does_not_run(name: str) -> None:
    files, isolated, _ = PLANTS[name]
    assert b"planted" not in said(files, isolated)


@EACH
def test_it_runs_without_the_isolating_flags(name: str) -> None:
    files, _, plain = PLANTS[name]
    assert b"planted" in said(files, plain)


def test_what_one_run_plants_the_next_does_not_find() -> None:
    places = ("/work", "/tmp", "/tmp/.local/lib/python3.11/site-packages")
    plant = "; ".join(f"mkdir -p {place}; echo boo > {place}/sitecustomize.py" for place in places)
    assert said({}, ("/bin/sh", "-c", f"{plant}; find /work /tmp -type f | wc -l")).strip() == b"3"
    assert said({}, ("/bin/sh", "-c", "find /work /tmp -type f | wc -l")).strip() == b"0"
    assert Path("/work/sitecustomize.py").exists() is False
