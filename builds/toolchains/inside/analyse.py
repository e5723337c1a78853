"""Runs inside the sandbox: lets the analysers loose on the code side by side, and prints one JSON object.

The analysers see a copy that holds the named source files and nothing else, so no configuration of the project reaches
them. Their own messages are cut to a size that can be read.
"""

import importlib.metadata
import json
import os
import pathlib
import re
import subprocess
import sys
from collections.abc import Callable, Sequence
from concurrent.futures import ThreadPoolExecutor

PYTHON = "/runtime/bin/python"
CODE = "/tmp/code"
TYPES = "/runtime/mypy-cache"
"""What mypy knows of the standard library (``script/warm-types``); read-only, so nothing is kept of a project."""
MAX_FINDINGS = 300
MAX_TEXT = 300

RUFF_RULES = "A,ANN,ARG,B,BLE,C4,C90,D1,E4,E7,E9,ERA,F,N,PERF,PIE,PLC,PLE,PLR,PLW,RET,RUF,SIM,UP,W6"
RUFF_IGNORED = "ANN002,ANN003,ANN401,D104,D105,D107,PLR2004,PLC0415,RUF001,RUF002,RUF003,RUF022"

Finding = dict[str, object]


QUIETING_COMMENT = re.compile(rb"(#\s*)(?:mypy:|lizard forgives?)")
"""Comments that switch a tool off for a file or a function; ruff and bandit have options against theirs."""


class UnusableError(Exception):
    """A tool's answer can't be used; the text says why."""


def ruff(files: Sequence[str]) -> list[Finding]:
    """Ask for style, likely bugs and simpler ways."""
    flags = (
        "--isolated",
        "--no-cache",
        "--ignore-noqa",
        "--quiet",
        "--output-format",
        "json",
        "--target-version",
        "py311",
    )
    answer = run("/runtime/bin/ruff", "check", *flags, "--select", RUFF_RULES, "--ignore", RUFF_IGNORED, "--", *files)
    return [
        finding(item["filename"], item["location"]["row"], item["code"] or "syntax", item["message"], "")
        for item in json.loads(answer)
    ]


def bandit(files: Sequence[str]) -> list[Finding]:
    """Ask for dangerous calls; comments that would hide them are ignored."""
    answer = json.loads(run(PYTHON, "-I", "-m", "bandit", "-q", "-f", "json", "--ignore-nosec", *files))
    if answer["errors"]:
        raise UnusableError("unreadable_file")
    return [
        finding(
            item["filename"], item["line_number"], item["test_id"], item["issue_text"], item["issue_severity"].lower()
        )
        for item in answer["results"]
    ]


def mypy(files: Sequence[str]) -> list[Finding]:
    """Ask for contradictions between types."""
    flags = (
        "--config-file=",
        "--no-sqlite-cache",
        f"--cache-dir={TYPES if os.path.isdir(TYPES) else os.devnull}",
        "--explicit-package-bases",
        "--namespace-packages",
        "-O",
        "json",
    )
    checks = ("--check-untyped-defs", "--ignore-missing-imports", "--no-error-summary")
    answer = run(PYTHON, "-I", "-m", "mypy", *flags, *checks, "--", *files)
    items = [json.loads(line) for line in answer.splitlines() if line.startswith("{")]
    if not items and answer.strip():
        raise UnusableError("no_answer")
    if any(item["code"] == "syntax" for item in items):
        raise UnusableError("unreadable_file")
    return [
        finding(item["file"], item["line"], item["code"] or "type", item["message"], "medium")
        for item in items
        if item["severity"] == "error"
    ]


def metrics(files: Sequence[str]) -> dict[str, object]:
    """Count lines, operators, operands and branches."""
    return json.loads(run(PYTHON, "-I", "/driver/metrics.py", *files))


TOOLS: dict[str, Callable[[Sequence[str]], object]] = {"mypy": mypy, "bandit": bandit, "ruff": ruff, "metrics": metrics}
"""Slowest first."""


def run(*command: str) -> str:
    """Run one tool below the copy; findings make some tools exit with 1."""
    environment = {**os.environ, "MYPYPATH": f"{CODE}/src:{CODE}" if os.path.isdir(f"{CODE}/src") else CODE}
    try:
        answer = subprocess.run(
            command,
            cwd=CODE,
            env=environment,
            stdin=subprocess.DEVNULL,
            capture_output=True,
            timeout=SECONDS,
            check=False,
        )
    except subprocess.TimeoutExpired as error:
        raise UnusableError("timeout") from error
    if answer.returncode not in (0, 1) and not answer.stdout.strip():
        raise UnusableError(f"exit_{answer.returncode}")
    return answer.stdout.decode("utf-8", "replace")


def finding(file: str, line: int, rule: str, message: str, severity: str) -> Finding:
    """Bring one remark into the common form."""
    name = os.path.relpath(os.path.join(CODE, file), CODE)
    return {"file": name, "line": line, "rule": rule[:40], "message": message[:MAX_TEXT], "severity": severity}


def attempt(tool: Callable[[Sequence[str]], object], files: Sequence[str]) -> dict[str, object]:
    """Run one tool; its failure is an answer too."""
    try:
        answer = tool(files)
    except UnusableError as error:
        return {"error": str(error)}
    except (ValueError, KeyError, TypeError, OSError) as error:
        return {"error": f"no_answer.{type(error).__name__}"}
    return {"answer": answer[:MAX_FINDINGS] if isinstance(answer, list) else answer}


def copy_code(paths: Sequence[str]) -> None:
    """Copy only the named files, so that nothing else can configure a tool."""
    for path in paths:
        target = pathlib.Path(CODE, path)
        target.parent.mkdir(parents=True, exist_ok=True)
        source = pathlib.Path("/work", path).read_bytes()
        target.write_bytes(QUIETING_COMMENT.sub(rb"\1", source))


def versions() -> dict[str, str]:
    """Return what the answers were made with."""
    return {name: importlib.metadata.version(name) for name in ("ruff", "bandit", "lizard", "mypy")}


def main() -> None:
    """Run the tools in threads: each waits for a process of its own."""
    copy_code(OPTIONS["code"])
    with ThreadPoolExecutor(len(TOOLS)) as pool:
        started = {name: pool.submit(attempt, tool, OPTIONS["code"]) for name, tool in TOOLS.items()}
        answers = {name: future.result() for name, future in started.items()}
    print(json.dumps({"versions": versions(), **answers}))


if __name__ == "__main__":
    OPTIONS = json.loads(sys.argv[1])
    SECONDS = float(OPTIONS["seconds"])
    main()
