"""What a worker and a sandbox-runner say to each other: one request as JSON, and lines of JSON in answer.

An empty line says only that the runner is still there. When the worker closes its side, the run ends.
"""

import os
import re
from pathlib import Path

from pydantic import BaseModel, ConfigDict, JsonValue

from builds.agent.errors import AgentError
from builds.agent.values import SandboxDescription, SandboxRequest, SandboxResult

ABOUT_PATH, RUNS_PATH = "/v1/about", "/v1/runs"
LIVE_PATH, READY_PATH = "/livez", "/readyz"
MAX_REQUEST_BYTES = 32 << 20
"""Room for the largest file that people may send in base64, and some for what goes to its standard input."""
BEAT_SECONDS = 1.0
"""After so much silence the runner sends an empty line."""
TOKEN = re.compile(r"[!-~]{32,1000}")
"""What the shared secret looks like."""

_BYTES_AS_TEXT = ConfigDict(ser_json_bytes="base64", val_json_bytes="base64")


class RunRequest(SandboxRequest):
    """One command for the runner's sandbox."""

    model_config = _BYTES_AS_TEXT

    is_watched: bool = False
    """Whether pieces of stdout are sent while it runs."""


class RunResult(SandboxResult):
    """How it ended."""

    model_config = _BYTES_AS_TEXT


class Trouble(BaseModel):
    """Why it could not run: the parts of an ``AgentError``."""

    code: str
    details: dict[str, JsonValue] = {}


class Line(BaseModel):
    """One line of the answer: a piece of stdout, or the end, well or badly."""

    model_config = _BYTES_AS_TEXT | ConfigDict(extra="forbid")

    output: bytes | None = None
    result: RunResult | None = None
    error: Trouble | None = None


class About(BaseModel):
    """What a runner offers."""

    sandbox: SandboxDescription
    languages: dict[str, str]
    """Name of each known language → dotted code of what it lacks there; empty when it can be built."""
    reads_letters: bool = False
    """Whether Tesseract is installed there; an older runner says nothing about it, and reads no files."""


def configured(name: str) -> str:
    """Return a setting from the environment; ``NAME_FILE`` names a file to read it from instead.

    :raises AgentError: ``sandbox.unavailable`` when that file can't be read.
    """
    file = os.environ.get(f"{name}_FILE")
    if not file:
        return os.environ.get(name, "").strip()
    try:
        return Path(file).read_text(encoding="utf-8").strip()
    except (OSError, UnicodeDecodeError) as error:
        raise AgentError("sandbox.unavailable", advice="setting.unreadable", command=f"chmod a+r {file}") from error
