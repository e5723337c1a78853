"""Reading a message without a model: by the words that it uses and by what goes on around it."""

import re
from collections.abc import Sequence

from builds.agent.talking import stated, vocabulary
from builds.agent.talking.values import Intent, Reading, Target

MAX_READ = 4_000
"""Characters; what a message wants stands at its beginning or its end."""
SHORT = 40
_CYRILLIC = re.compile(r"[а-яё]", re.IGNORECASE)
_LETTER = re.compile(r"[a-zа-яё]", re.IGNORECASE)
_CODE = re.compile(r"```.*?(?:```|\Z)|`[^`\n]*`", re.DOTALL)
_RUSSIAN_SHARE = 0.2
"""Russian messages name much in Latin letters."""
_ABOUT_BUILDS = re.compile(
    r"\b(?:build|last|previous|latest|fail|verified|green|tests?|attempt|run|project)|"
    r"сборк|билд|последн|прошл|упал|проверен|тест|попытк|проект|свалил",
)


def speech_of(text: str) -> str:
    """Return ``ru`` or ``en``, whatever more of the message is written in."""
    letters = len(_LETTER.findall(text))
    return "ru" if letters and len(_CYRILLIC.findall(text)) / letters >= _RUSSIAN_SHARE else "en"


def programming_of(text: str) -> str:
    """Return the programming language that a message names first; empty when it names none."""
    return vocabulary.programming(_plain(text))


def read(
    text: str, *, waiting: bool = False, busy: bool = False, planned: bool = False, names: Sequence[str] = ()
) -> Reading:
    """Return what a message wants.

    :param waiting: a proposal waits for an answer.
    :param busy: something of this conversation is at work.
    :param planned: the agent's last message was a plan.
    :param names: projects of its author, newest first.
    """
    plain = _plain(_CODE.sub(" ", text))
    named = named_in(text, names)
    intent = _intent(plain, waiting=waiting, busy=busy, planned=planned, has_name=bool(named))
    return Reading(
        intent=intent,
        programming=programming_of(text),
        target=_target(intent, plain, named),
        named=named,
        facts=stated.stated(text),
    )


def named_in(text: str, names: Sequence[str]) -> str:
    """Return the longest project name that stands in a message as words of its own."""
    found = [name for name in names if name and re.search(rf"(?<!\w){re.escape(name)}(?!\w)", text, re.IGNORECASE)]
    return max(found, key=len, default="")


def _intent(plain: str, *, waiting: bool, busy: bool, planned: bool, has_name: bool) -> Intent:
    sums = {intent: weight * _trust(intent, plain) for intent, weight in vocabulary.votes(plain).items()}
    if not (waiting or planned):  # there is nothing to say yes or no to
        sums.pop(Intent.REJECT, None)
        sums[Intent.APPROVE] = sums.get(Intent.APPROVE, 0.0) / 3
    if busy:
        sums[Intent.CANCEL] = sums.get(Intent.CANCEL, 0.0) * 1.3
    if has_name:
        sums[Intent.CHANGE] = sums.get(Intent.CHANGE, 0.0) + 1.0
        sums[Intent.BUILD] = sums.get(Intent.BUILD, 0.0) * 0.6
    best = max(sums, key=lambda intent: sums[intent], default=Intent.CHAT)
    if sums.get(best, 0.0) < 1.0:
        return Intent.BUILD if len(plain) > SHORT else Intent.CHAT
    return best


def _trust(intent: Intent, plain: str) -> float:
    """Return how much the words of an intent mean in a message of this form."""
    if intent == Intent.CHAT and len(plain) > SHORT:
        return 0.5  # whoever greets and goes on wants what follows
    if intent == Intent.APPROVE and len(plain) > SHORT:
        return 0.8
    if intent == Intent.REMEMBER and plain.endswith("?"):
        return 0.4
    return 1.0


def _target(intent: Intent, plain: str, named: str) -> Target:
    if intent == Intent.BUILD:
        return Target.NEW
    if intent not in {Intent.CHANGE, Intent.QUESTION}:
        return Target.NONE
    if named:
        return Target.NAMED
    return Target.LAST if intent == Intent.CHANGE or _ABOUT_BUILDS.search(plain) else Target.NONE


def _plain(text: str) -> str:
    return " ".join(text[:MAX_READ].lower().replace("ё", "е").split())
