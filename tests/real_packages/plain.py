"""Runs a tree with plain pytest: the runtime's own, in a process and a folder of its own, without any sandbox."""

import ast
import json
import subprocess
import tempfile
import time
from dataclasses import dataclass
from pathlib import Path

from builds.agent.values import Tree
from builds.toolchains.record import MAX_ID
from tests.real_packages.sources import PYTHON

PLUGIN = Path(__file__).with_name("outcomes.py")
CHILD = Path(__file__).parents[2] / "builds" / "toolchains" / "inside" / "pytest_child.py"
PARTS = ("outcomes", "messages")
SECONDS = 600


@dataclass(frozen=True)
class PlainRun:
    """How each test ended."""

    outcomes: dict[str, str]
    messages: dict[str, str]
    seconds: float


def run_plainly(tree: Tree) -> PlainRun:
    """Run pytest with the toolchain's flags, import path and hash seed."""
    with tempfile.TemporaryDirectory() as name:
        folder = Path(name).resolve()
        work, result = folder / "work", folder / "outcomes.json"
        for path, text in tree.items():
            (work / path).parent.mkdir(parents=True, exist_ok=True)
            (work / path).write_bytes(text.encode())
        (folder / "plugin").mkdir()
        (folder / "plugin" / "agentsite_outcomes.py").write_bytes(PLUGIN.read_bytes())
        command = [str(PYTHON), "-s", "-P", "-B", "-m", "pytest", "-p", "agentsite_outcomes", *flags(str(work))]
        started = time.monotonic()
        subprocess.run(
            command,
            cwd=work,
            env=environment(folder),
            stdin=subprocess.DEVNULL,
            capture_output=True,
            timeout=SECONDS,
            check=False,
        )
        seconds = time.monotonic() - started
        told = json.loads(result.read_text("utf-8"))
        outcomes, messages = ({name[:MAX_ID]: text for name, text in told[part].items()} for part in PARTS)
        return PlainRun(outcomes, {name: text.replace(str(work) + "/", "") for name, text in messages.items()}, seconds)


def flags(work: str) -> list[str]:
    """Return the toolchain's own flags for another folder; they are read, as importing them needs the sandbox."""
    for node in ast.parse(CHILD.read_text("utf-8")).body:
        if isinstance(node, ast.Assign) and ast.unparse(node.targets[0]) == "ARGUMENTS":
            return list(eval(compile(ast.Expression(node.value), str(CHILD), "eval"), {"WORK": work}))  # noqa: S307
    raise LookupError("ARGUMENTS")


def environment(folder: Path) -> dict[str, str]:
    """Return the little that the sandbox shows, too."""
    work = folder / "work"
    paths = [path for path in (work / "src", work) if path.is_dir()]
    return {
        "PATH": f"{PYTHON.parent}:/usr/bin:/bin",
        "HOME": str(folder),
        "LANG": "C.UTF-8",
        "PYTHONPATH": ":".join(map(str, (*paths, folder / "plugin"))),
        "PYTHONHASHSEED": "0",
        "PYTHONDONTWRITEBYTECODE": "1",
        "PYTEST_DISABLE_PLUGIN_AUTOLOAD": "1",
        "OUTCOMES_FILE": str(folder / "outcomes.json"),
    }
