"""Picks the strongest sandbox that works on this machine, or none at all."""

import logging
import os
import shutil
import threading
from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path

from builds.agent.errors import AgentError
from builds.agent.ports import Sandbox
from builds.sandbox.bubblewrap import BWRAP, BubblewrapSandbox, Identity, missing_programs
from builds.sandbox.canary import failure_of
from builds.sandbox.runtime import PythonRuntime
from builds.sandbox.seccomp import current_architecture

logger = logging.getLogger(__name__)

REPOSITORY = Path(__file__).resolve().parents[2]
RUNTIME_VARIABLE = "SANDBOX_RUNTIME_DIR"
COMMANDS = {
    "runtime.missing": "script/setup",
    "program.missing": "apt-get install bubblewrap util-linux",
    "namespaces.unavailable": "sysctl -w user.max_user_namespaces=15000",
}
UNKNOWN_COMMAND = "script/doctor"
CHILDREN_LIST = Path("/proc/thread-self/children")

_chosen: dict[Path, Sandbox] = {}
_choosing = threading.Lock()


@dataclass(frozen=True)
class BackendReport:
    """Whether one kind of sandbox can be used here."""

    name: str
    usable: bool
    reason: str
    """Dotted code of what is missing or what escaped; empty when usable."""


@dataclass(frozen=True)
class Backend:
    """One kind of sandbox, and how to make it."""

    name: str
    identity: Identity
    is_for_this_user: Callable[[], bool]


BACKENDS = (
    Backend("bubblewrap-unprivileged", "unprivileged", lambda: os.geteuid() != 0),
    Backend("bubblewrap-pooled-uid", "pooled-uid", lambda: os.geteuid() == 0),
)
"""Strongest first. As root there is no user namespace, see ``BubblewrapSandbox``."""


def runtime_directory() -> Path:
    """Return the virtual environment that foreign code runs with: ``SANDBOX_RUNTIME_DIR`` or ``.runtime``."""
    configured = os.environ.get(RUNTIME_VARIABLE)
    return Path(configured).absolute() if configured else REPOSITORY / ".runtime"


def choose_sandbox(runtime: Path | None = None) -> Sandbox:
    """Return the first sandbox that passes its self-test here; the choice is kept for the life of the process.

    :raises AgentError: ``sandbox.unavailable`` with ``advice`` (a dotted code) and the ``command`` that helps.
    """
    folder = (runtime or runtime_directory()).absolute()
    with _choosing:
        if folder not in _chosen:
            _chosen[folder] = _choose(folder)
        return _chosen[folder]


def probe_sandboxes(runtime: Path | None = None) -> list[BackendReport]:
    """Try every kind of sandbox now, for a person who wants to know."""
    folder = (runtime or runtime_directory()).absolute()
    reports = []
    for backend in BACKENDS:
        reason = _try(backend, folder)[1]
        reports.append(BackendReport(backend.name, usable=not reason, reason=reason))
    return reports


def _choose(folder: Path) -> Sandbox:
    reasons = []
    for backend in BACKENDS:
        sandbox, reason = _try(backend, folder)
        if not reason:
            return sandbox
        logger.info("sandbox %s not used: %s", backend.name, reason)
        if reason != "user.unsuitable":
            reasons.append(reason)
    advice = reasons[0] if reasons else "platform.unsupported"
    raise AgentError("sandbox.unavailable", advice=advice, command=COMMANDS.get(advice, UNKNOWN_COMMAND))


def _try(backend: Backend, folder: Path) -> tuple[Sandbox, str]:
    """Return the sandbox and what is wrong with it, the cheap questions first."""
    sandbox = BubblewrapSandbox(PythonRuntime(folder), backend.identity)
    return sandbox, _missing(backend, sandbox.runtime) or failure_of(sandbox)


def _missing(backend: Backend, runtime: PythonRuntime) -> str:
    """Return the first thing that is not there; the watchdog needs the kernel's list of children."""
    if not backend.is_for_this_user():
        return "user.unsuitable"
    needs_namespaces = backend.identity == "unprivileged"
    checks = (
        (current_architecture() is not None, "architecture.unsupported"),
        (CHILDREN_LIST.exists(), "kernel.children_unlisted"),
        (not missing_programs(), "program.missing"),
        (runtime.is_complete(), "runtime.missing"),
        (not needs_namespaces or _can_make_user_namespaces(), "namespaces.unavailable"),
    )
    return next((reason for is_there, reason in checks if not is_there), "")


def _can_make_user_namespaces() -> bool:
    """A bubblewrap that is installed set-user-id needs none."""
    limit = Path("/proc/sys/user/max_user_namespaces")
    is_allowed = not limit.exists() or int(limit.read_text("ascii")) > 0
    program = shutil.which(BWRAP)
    return is_allowed or (program is not None and bool(Path(program).stat().st_mode & 0o4000))
