"""Asking the model about a message; when it gives nothing usable, the rules answer, and no message is lost."""

import re
from collections.abc import Sequence
from typing import TypeVar

from builds.agent.asking import ask, ask_structured, request_for
from builds.agent.errors import AgentError
from builds.agent.structures import Answer
from builds.agent.talking import offline
from builds.agent.talking.phrases import say
from builds.agent.talking.ports import TalkPorts
from builds.agent.talking.values import Brief, Reply
from builds.agent.values import JsonDict

MAX_ANSWER = 8_000
_SURVIVED = ("model.", "budget.")
"""Faults after which the rules answer."""
_MARK = re.compile(r"\[B(\d{1,3})\]")
AnswerT = TypeVar("AnswerT", bound=Answer)


def structured(ports: TalkPorts, purpose: str, inputs: JsonDict, wanted: type[AnswerT], *, tokens: int) -> AnswerT:
    """Return the model's answer in the wanted shape, or else that of the rules."""
    try:
        return ask_structured(ports, purpose, inputs, wanted, max_output_tokens=tokens)
    except AgentError as error:
        _survive(ports, error)
        return wanted.model_validate_json(offline.reply(purpose, inputs))


def answered(ports: TalkPorts, inputs: JsonDict, builds: Sequence[Brief]) -> Reply:
    """Return the model's answer with the builds that it names, or else that of the rules."""
    try:
        request = request_for(ports, "answer", inputs, max_output_tokens=ports.limits.answer_tokens)
        given = ask(ports, request, step="answer.1.answer")
    except AgentError as error:
        _survive(ports, error)
        return _by_rules(inputs, error.code)
    text, links = _with_names(given.text.strip()[:MAX_ANSWER], builds)
    return Reply(text=text, links=links, model=given.model) if text else _by_rules(inputs, "model.bad_answer")


def _by_rules(inputs: JsonDict, code: str) -> Reply:
    phrase = "no_money" if code.startswith("budget.") else "model_away"
    away = say(str(inputs["speech"]), phrase, code=code)
    return Reply(text=f"{offline.answer(inputs)}\n\n{away}", fallback=code)


def _survive(ports: TalkPorts, error: AgentError) -> None:
    if not error.code.startswith(_SURVIVED):
        raise error
    ports.events.emit("rules.answered", {"code": error.code})


def _with_names(text: str, builds: Sequence[Brief]) -> tuple[str, list[str]]:
    """Put names where the model wrote marks; one that means nothing is left out."""
    links: list[str] = []

    def name(match: re.Match[str]) -> str:
        number = int(match[1]) - 1
        if not 0 <= number < len(builds):
            return ""
        links.append(builds[number]["id"])
        return f"“{builds[number]['name']}”"

    return _MARK.sub(name, text), list(dict.fromkeys(links))
