"""Everything that the agent can say without a model: by rules, from what the server knows."""

import json
import re
from collections.abc import Callable, Mapping
from typing import Any

from builds.agent.talking import reading
from builds.agent.talking.phrases import say, word
from builds.agent.values import JsonDict

PURPOSES = frozenset({"read", "answer", "outline"})
MAX_NAME = 60
_LISTED = 5
_CALL = re.compile(r"\b([A-Za-z_][A-Za-z0-9_]*)\s*\(")
_MONEY = re.compile(
    r"\b(?:spen[dt]|cost|price|money|budget|dollars?|usd)\b|потрат|стои[лмт]|цен[аыу]|денег|деньг|бюджет|доллар",
    re.IGNORECASE,
)
_FAILED = re.compile(
    r"\bfail|\bwhy\b|\bbroke|\bwrong\b|\berror|\bred\b|упал|почему|свалил|ошибк|не прош|красн|сломал", re.IGNORECASE
)
_KEPT = re.compile(r"\bremember|\bknow about me|\bkeep in mind|помни|знаешь обо мне|запомни", re.IGNORECASE)
_LIST = re.compile(r"\b(?:list|builds|projects|history)\b|сборки\b|проекты\b|список|истори", re.IGNORECASE)
_THANKS = re.compile(
    r"thank|thx|cheers|nice|great|good (?:job|work|bot)|спасибо|спс|благодар|молодец|круто|класс|здорово", re.IGNORECASE
)
_GREETING = re.compile(r"^\W*(?:hi|hello|hey|yo|good|привет|здравств|добр|хай)", re.IGNORECASE)
_BUILD = re.compile(
    r"\bbuild|\bproject|\bstatus|\bverified|\btests?\b|\bdone\b|сборк|билд|проект|статус|проверен|тест|готов|зелен|\blast\b|последн",
    re.IGNORECASE,
)


def reply(purpose: str, inputs: Mapping[str, Any]) -> str:
    """Return what a model would be asked for, by the same inputs that its prompt is made from."""
    by_purpose: Mapping[str, Callable[[Mapping[str, Any]], str]] = {
        "read": _reading,
        "answer": answer,
        "outline": _outline,
    }
    return by_purpose[purpose](inputs)


def _reading(inputs: Mapping[str, Any]) -> str:
    context = {name: bool(inputs[name]) for name in ("waiting", "busy", "planned")}
    return reading.read(str(inputs["message"]), names=list(inputs["names"]), **context).model_dump_json()


def _outline(inputs: Mapping[str, Any]) -> str:
    speech, message = str(inputs["speech"]), str(inputs["message"]).strip()
    previous: JsonDict = dict(inputs.get("previous") or {})
    added = str(inputs.get("reason") or "") if previous else ""
    parts = [str(previous["requirements"]), added or message] if previous else [message]
    steps = [say(speech, name) for name in ("step_examples", "step_code", "step_run", "step_prove")]
    return json.dumps(
        {
            "project_name": str(previous.get("project_name") or inputs.get("parent") or _name(message)),
            "requirements": "\n\n".join(dict.fromkeys(part for part in parts if part)),
            "steps": steps,
        },
        ensure_ascii=False,
    )


def _name(message: str) -> str:
    """Return a project's name: the function that is asked for, or how the request begins."""
    if call := _CALL.search(message):
        return call[1]
    first = re.split(r"(?<=[.!?])\s|\n", message, maxsplit=1)[0]
    return first if len(first) <= MAX_NAME else first[:MAX_NAME].rsplit(" ", 1)[0] + "…"


def answer(inputs: Mapping[str, Any]) -> str:
    """Return an answer made of what the server knows; builds stand in it by their names."""
    speech, message = str(inputs["speech"]), str(inputs["message"])
    if inputs.get("intent") == "chat":
        return _small_talk(speech, message)
    if _MONEY.search(message) and inputs.get("spending"):
        return say(speech, "spending", **inputs["spending"])
    if _KEPT.search(message):
        return _rows(speech, "facts", inputs.get("facts") or (), otherwise="no_facts")
    if about := _asked_about(message, inputs):
        return about_build(speech, about, dict(inputs.get("evidence") or {}))
    if _LIST.search(message) or _BUILD.search(message):
        return _listed(speech, list(inputs["builds"]))
    found = [passage["title"] for passage in inputs.get("passages") or ()]
    return _rows(speech, "found", found[:_LISTED], otherwise="cannot_answer")


def _asked_about(message: str, inputs: Mapping[str, Any]) -> Mapping[str, Any] | None:
    about: Mapping[str, Any] | None = inputs.get("about")
    is_named = inputs.get("target") == "named"
    is_one = (is_named or _FAILED.search(message) or _BUILD.search(message)) and not _LIST.search(message)
    return about if is_one else None


def wants_failed(message: str) -> bool:
    """Say whether a question is about something that went wrong."""
    return bool(_FAILED.search(message))


def about_build(speech: str, build: Mapping[str, Any], evidence: Mapping[str, Any], *, with_cost: bool = True) -> str:
    """Say how a build stands, and why."""
    words = {**build, "status": word(speech, "status", build["status"])}
    words["verification"] = word(speech, "verification", build["verification"])
    names = {
        "failed": "build_failed",
        "cancelled": "build_cancelled",
        "completed": "build_done",
        "waiting": "build_waiting",
    }
    lines = [say(speech, names.get(build["status"], "build_running"), **words)]
    if failing := evidence.get("failing"):
        lines.append(say(speech, "failing_tests", tests="; ".join(failing)))
    if (proofs := evidence.get("proofs")) and build["status"] == "completed":
        lines.append(say(speech, "proofs", proofs="; ".join(proofs)))
    if with_cost and build["status"] in {"failed", "completed"}:
        lines.append(say(speech, "cost_of_build", cost=build["cost_usd"]))
    return " ".join(lines)


def _listed(speech: str, builds: list[dict[str, Any]]) -> str:
    rows = [
        say(
            speech,
            "list_row",
            name=build["name"],
            status=word(speech, "status", build["status"]),
            verification=word(speech, "verification", build["verification"]),
        )
        for build in builds[:_LISTED]
    ]
    return _rows(speech, "list_builds", rows, otherwise="no_builds")


def _rows(speech: str, title: str, rows: Any, *, otherwise: str) -> str:
    return "\n".join([say(speech, title), *(f"- {row}" for row in rows)]) if rows else say(speech, otherwise)


def _small_talk(speech: str, message: str) -> str:
    if _THANKS.search(message):
        return say(speech, "thanks")
    return say(speech, "greeting" if _GREETING.search(message) else "help")
