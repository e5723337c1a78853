"""What a worker may order: a request that can be read, within this service's own limits."""

from pydantic import ValidationError

from builds.agent.errors import AgentError
from builds.agent.values import SandboxLimits
from builds.sandbox.wire import RunRequest

MOST = SandboxLimits(
    wall_seconds=120.0,
    cpu_seconds=120,
    output_bytes=16 << 20,
    memory_bytes=2 << 30,
    process_memory_bytes=2 << 30,
    address_space_bytes=64 << 30,
    processes=256,
    open_files=1024,
    file_bytes=64 << 20,
    work_bytes=256 << 20,
    inodes=100_000,
    input_file_bytes=20 << 20,
    input_bytes=20 << 20,
)
"""Whatever is ordered, no run gets more."""
MAX_ARGUMENTS = 1_000
MAX_ARGUMENT_BYTES = 100_000


def read_order(body: bytes) -> RunRequest:
    """Return the request with its limits cut down to what may be.

    :raises AgentError: ``sandbox.input``.
    """
    try:
        order = RunRequest.model_validate_json(body)
    except ValidationError as error:
        raise AgentError("sandbox.input", rule="unreadable") from error
    _check_command(order.argv)
    return order.model_copy(update={"limits": clamped(order.limits)})


def clamped(limits: SandboxLimits) -> SandboxLimits:
    """Return the limits, the service's own wherever a number is beyond them, negative or none at all."""
    asked, most = dict(limits), dict(MOST)
    return SandboxLimits(**{name: asked[name] if 0 < asked[name] <= most[name] else most[name] for name in most})


def _check_command(argv: tuple[str, ...]) -> None:
    is_fit = 0 < len(argv) <= MAX_ARGUMENTS and sum(len(word.encode()) for word in argv) <= MAX_ARGUMENT_BYTES
    if not is_fit or any("\0" in word for word in argv):
        raise AgentError("sandbox.input", rule="command")
