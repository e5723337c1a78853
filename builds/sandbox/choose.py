"""Picks a sandbox-runner where one is named, else the strongest sandbox that works on this machine, or none at all."""

import logging
import os
import shutil
import threading
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, field
from functools import partial
from pathlib import Path

from builds.agent.errors import AgentError
from builds.agent.ports import Sandbox
from builds.sandbox import container, wire
from builds.sandbox.bubblewrap import BWRAP, BubblewrapSandbox, Identity, missing_programs
from builds.sandbox.canary import self_test
from builds.sandbox.cgroups import is_required, limiter
from builds.sandbox.housekeeping import remove_orphans
from builds.sandbox.remote import URL_VARIABLE, connected_sandbox
from builds.sandbox.runtime import PythonRuntime
from builds.sandbox.seccomp import current_architecture

logger = logging.getLogger(__name__)

REPOSITORY = Path(__file__).resolve().parents[2]
RUNTIME_VARIABLE = "SANDBOX_RUNTIME_DIR"
COMMANDS = {
    "runtime.missing": "script/setup",
    "program.missing": "apt-get install bubblewrap util-linux",
    "namespaces.unavailable": "sysctl -w user.max_user_namespaces=15000",
    "cgroup.missing": "systemd-run -p Delegate=yes -p DelegateSubgroup=server script/server",
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
    limiter: str = ""
    """What limits a whole sandbox: a control group, the container engine or the watchdog."""
    held: Mapping[str, bool] = field(default_factory=dict)
    """Attempt of the self-test → whether it was refused; empty when there was nothing to test."""


@dataclass(frozen=True)
class Backend:
    """One kind of sandbox, how to make it, and what it lacks here."""

    name: str
    make: Callable[[PythonRuntime], Sandbox]
    missing: Callable[[PythonRuntime], str]
    """Returns a dotted code; empty when everything is there."""
    limiter: Callable[[], str]


def runtime_directory() -> Path:
    """Return the virtual environment that foreign code runs with: ``SANDBOX_RUNTIME_DIR`` or ``.runtime``."""
    configured = os.environ.get(RUNTIME_VARIABLE)
    return Path(configured).absolute() if configured else REPOSITORY / ".runtime"


def choose_sandbox(runtime: Path | None = None) -> Sandbox:
    """Return the sandbox-runner's sandbox where ``SANDBOX_URL`` names one, else this machine's.

    There is no way from the one to the other: with a runner that can't be used nothing runs.

    :raises AgentError: as ``RemoteSandbox.about`` and ``choose_local_sandbox``.
    """
    url = wire.configured(URL_VARIABLE)
    return connected_sandbox(url) if url else choose_local_sandbox(runtime)


def choose_local_sandbox(runtime: Path | None = None) -> Sandbox:
    """Return the first sandbox that passes its self-test here; the choice is kept for the life of the process.

    :raises AgentError: ``sandbox.unavailable`` with ``advice`` (a dotted code) and the ``command`` that helps.
    """
    folder = (runtime or runtime_directory()).absolute()
    with _choosing:
        if folder not in _chosen:
            _chosen[folder] = _choose(folder)
        return _chosen[folder]


def probe_sandboxes(runtime: Path | None = None) -> list[BackendReport]:
    """Try every kind of sandbox now, for a person who wants to know; with a sandbox-runner only that one."""
    url = wire.configured(URL_VARIABLE)
    if url:
        return [_probe_runner(url)]
    folder = (runtime or runtime_directory()).absolute()
    return [_try(backend, folder)[1] for backend in BACKENDS]


def _probe_runner(url: str) -> BackendReport:
    try:
        connected_sandbox(url)
    except AgentError as error:
        return BackendReport("sandbox-runner", usable=False, reason=error.code)
    return BackendReport("sandbox-runner", usable=True, reason="")


def _choose(folder: Path) -> Sandbox:
    removed = remove_orphans()
    if removed:
        logger.info("removed %d folders that killed processes had left", len(removed))
    reasons: list[str] = []
    for backend in BACKENDS:
        sandbox, report = _try(backend, folder)
        if sandbox is not None:
            return sandbox
        logger.info("sandbox %s not used: %s", backend.name, report.reason)
        if report.reason != "user.unsuitable":
            reasons.append(report.reason)
    advice = _foremost(reasons)
    raise AgentError("sandbox.unavailable", advice=advice, command=COMMANDS.get(advice, UNKNOWN_COMMAND))


def _foremost(reasons: Sequence[str]) -> str:
    """Return the reason that matters: the last, the container's, when an image for it was set; else the first."""
    if not reasons:
        return "platform.unsupported"
    return reasons[-1] if os.environ.get(container.IMAGE_VARIABLE) else reasons[0]


def _try(backend: Backend, folder: Path) -> tuple[Sandbox | None, BackendReport]:
    """Return the sandbox if it can be used, the cheap questions first."""
    runtime = PythonRuntime(folder)
    missing = backend.missing(runtime)
    if missing:
        return None, BackendReport(backend.name, usable=False, reason=missing)
    sandbox = backend.make(runtime)
    test = self_test(sandbox)
    report = BackendReport(backend.name, not test.failure, test.failure, backend.limiter(), test.held)
    return (None if test.failure else sandbox), report


def _bubblewrap_lacks(runtime: PythonRuntime, *, identity: Identity) -> str:
    """Return the first thing that is not there; the watchdog needs the kernel's list of children."""
    is_root = os.geteuid() == 0
    needs_namespaces = identity == "unprivileged"
    if is_root == needs_namespaces:
        return "user.unsuitable"
    checks = (
        (current_architecture() is not None, "architecture.unsupported"),
        (CHILDREN_LIST.exists(), "kernel.children_unlisted"),
        (not missing_programs(), "program.missing"),
        (runtime.is_complete(), "runtime.missing"),
        (not needs_namespaces or _can_make_user_namespaces(), "namespaces.unavailable"),
        (not is_required() or limiter() != "watchdog", "cgroup.missing"),
    )
    return next((reason for is_there, reason in checks if not is_there), "")


def _can_make_user_namespaces() -> bool:
    """A bubblewrap that is installed set-user-id needs none."""
    limit = Path("/proc/sys/user/max_user_namespaces")
    is_allowed = not limit.exists() or int(limit.read_text("ascii")) > 0
    program = shutil.which(BWRAP)
    return is_allowed or (program is not None and bool(Path(program).stat().st_mode & 0o4000))


def _bubblewrap(name: str, identity: Identity) -> Backend:
    return Backend(
        name,
        make=partial(BubblewrapSandbox, identity=identity),
        missing=partial(_bubblewrap_lacks, identity=identity),
        limiter=limiter,
    )


BACKENDS = (
    _bubblewrap("bubblewrap-unprivileged", "unprivileged"),
    _bubblewrap("bubblewrap-pooled-uid", "pooled-uid"),
    Backend(
        "container",
        make=lambda _: container.ContainerSandbox(container.found_engine()),
        missing=lambda _: container.lacks(),
        limiter=lambda: "container engine",
    ),
)
"""In the order in which they are tried. As root there is no user namespace, see ``BubblewrapSandbox``."""
