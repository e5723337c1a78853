"""Asking the model: one door for every call, with its limits, its journal entry and its event."""

from typing import TypeVar

from pydantic import ValidationError

from builds.agent import prompting
from builds.agent.errors import AgentError, Cancelled
from builds.agent.llm.retries import call_with_retries
from builds.agent.parsing.structured import extract_json
from builds.agent.ports import Asking, CallBound, Outcome
from builds.agent.structures import Answer
from builds.agent.values import JsonDict, ModelReply, ModelRequest

SHOWN_CHARACTERS = 12_000
_TRIES = 3
_TOTAL_SECONDS = 600.0
"""Later nobody asks again: whoever waits has waited long enough."""
_LOST_ANSWERS = frozenset({"model.cut_off", "model.timeout"})
AnswerT = TypeVar("AnswerT", bound=Answer)


def ask(ports: Asking, request: ModelRequest, *, step: str) -> ModelReply:
    """Return the model's answer, from the journal if this run already has it.

    An answer that broke off, or that did not come, may have cost something: it is asked for again with money of its own
    set aside.

    :param step: ``node.iteration.purpose``, unique inside the run.
    :raises AgentError: the model's fault, or ``budget.*``.
    :raises Cancelled: the run was asked to stop.
    """
    tries = iter(range(_TRIES))

    def attempt(_seconds: float) -> ModelReply:
        return _ask_once(ports, request, step, number=next(tries))

    reply = call_with_retries(
        attempt,
        passing=_LOST_ANSWERS,
        retries=_TRIES - 1,
        total_seconds=_TOTAL_SECONDS,
        clock=ports.clock,
        is_cancelled=ports.should_stop,
    )
    if reply.finish_reason == "refused":
        raise AgentError("model.refused", excerpt=reply.text[:300])
    return reply


def _ask_once(ports: Asking, request: ModelRequest, step: str, *, number: int) -> ModelReply:
    def perform() -> Outcome:
        reply = ports.model.complete(request, on_text=ports.events.stream, is_cancelled=ports.should_stop)
        return Outcome(reply.model_dump(mode="json"), (("model.answered", _told(request, reply)),), usage=reply)

    if ports.should_stop():
        raise Cancelled
    given = {"purpose": request.purpose, "inputs": request.inputs, "version": request.prompt_version}
    size = sum(len(message.content.encode("utf-8", "replace")) for message in request.messages)
    bound = CallBound(ports.model.name, size, request.max_output_tokens, number)
    return ModelReply.model_validate(ports.journal.once("model", step, given, perform, bound=bound))


def request_for(ports: Asking, purpose: str, inputs: JsonDict, *, max_output_tokens: int) -> ModelRequest:
    """Render a prompt into a request."""
    complete: JsonDict = {"remark": ""} | inputs
    return ModelRequest.model_validate(
        {
            "purpose": purpose,
            "messages": prompting.render(purpose, complete, most=ports.limits.prompt_characters),
            "inputs": complete,
            "max_output_tokens": max_output_tokens,
            "prompt_version": prompting.version_of(purpose),
        }
    )


def ask_structured(
    ports: Asking, purpose: str, inputs: JsonDict, wanted: type[AnswerT], *, max_output_tokens: int
) -> AnswerT:
    """Return an answer in the wanted shape, after at most one remark about what was wrong with the first.

    :raises AgentError: ``model.bad_answer`` when the second try cannot be read either.
    """
    remark, excerpt = "", ""
    for attempt in (1, 2):
        request = request_for(ports, purpose, inputs | {"remark": remark}, max_output_tokens=max_output_tokens)
        request = request.model_copy(update={"output_schema": wanted.model_json_schema()})
        excerpt = ask(ports, request, step=f"{purpose}.{attempt}.{purpose}").text
        try:
            return wanted.model_validate(extract_json(excerpt))
        except ValidationError as error:
            remark = f"Your last answer could not be used: {_first_problem(error)}. Answer with the JSON object only."
    raise AgentError("model.bad_answer", purpose=purpose, excerpt=excerpt[:300])


def _first_problem(error: ValidationError) -> str:
    first = error.errors(include_url=False, include_input=False)[0]
    place = ".".join(str(part) for part in first["loc"])
    return f"{place}: {first['msg']}" if place else "no JSON object found"


def _told(request: ModelRequest, reply: ModelReply) -> JsonDict:
    return {
        "purpose": request.purpose,
        "model": reply.model,
        "tokens_input": reply.tokens_input,
        "tokens_output": reply.tokens_output,
        "is_estimated": reply.is_estimated,
        "finish_reason": reply.finish_reason,
        "duration_ms": round(reply.duration_seconds * 1000),
        "output": reply.text[:SHOWN_CHARACTERS],
    }
