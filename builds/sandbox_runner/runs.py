"""One run, from its turn in the line to the last word about it."""

import logging
from collections.abc import Callable

from builds.agent.errors import AgentError
from builds.agent.ports import Sandbox
from builds.agent.values import SandboxResult
from builds.sandbox.wire import Line, RunRequest, RunResult, Trouble
from builds.sandbox_runner.caller import Caller
from builds.sandbox_runner.places import Turn

logger = logging.getLogger(__name__)

NOTHING_RAN = SandboxResult(outcome="cancelled", exit_code=None, stdout=b"", stderr=b"", duration_seconds=0.0)


def perform(order: RunRequest, sandbox: Sandbox, turn: Turn, caller: Caller, must_end: Callable[[], bool]) -> None:
    """Run a command as soon as it is its turn and tell the caller how it goes; it ends when he hangs up."""

    def is_cancelled() -> bool:
        return caller.has_hung_up() or must_end()

    def pass_on(piece: bytes) -> None:
        caller.tell(Line(output=piece))

    try:
        has_turn = turn.has_come(is_cancelled)
        on_output = pass_on if order.is_watched else None
        result = sandbox.run(order, is_cancelled=is_cancelled, on_output=on_output) if has_turn else NOTHING_RAN
    except AgentError as error:
        logger.info("run ended with %s", error.code)
        caller.tell(Line(error=Trouble.model_validate({"code": error.code, "details": error.details})))
    except Exception:  # whatever broke, the caller gets an answer and the service goes on
        logger.exception("run broke")
        caller.tell(Line(error=Trouble(code="sandbox.start_failed", details={"step": "runner"})))
    else:
        logger.info("run %s after %.2f s", result.outcome, result.duration_seconds)
        caller.tell(_last_word(result, was_ended=must_end()))


def _last_word(result: SandboxResult, *, was_ended: bool) -> Line:
    """A run that ended because the service did was not cancelled by the one who asked for it."""
    if result.outcome == "cancelled" and was_ended:
        return Line(error=Trouble(code="sandbox.lost", details={}))
    return Line(result=RunResult(**dict(result)))
