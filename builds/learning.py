"""What a finished build has to teach about its user, as proposals: nothing is used before its user keeps it."""

import json
import re
from collections.abc import Iterator, Sequence
from typing import Any

import structlog
from django.utils.translation import gettext as _

from agentsite.common.errors import AppError
from builds import guarding
from builds.models.build import Build
from builds.models.run import RunEvent
from builds.states import Verification
from memory import facts, memories
from memory.models.memory import MemoryType

log = structlog.get_logger(__name__)
MAX_PREFERENCES, MAX_SENTENCE, LEAST_SENTENCE = 3, 300, 12
MAX_KNOWN, MAX_KNOWN_CHARACTERS = 20, 4_000
_STANDING = re.compile(
    r"\b(always|never|from now on|in all (?:my|our) |i prefer|we prefer|please avoid)\b", re.IGNORECASE
)
_END_OF_SENTENCE = re.compile(r"(?<=[.!?])\s+|\n+")
_FAILED, _MENDED = "tests.ran", "files.changed"


def propose_from(build: Build) -> int:
    """Propose the preferences that a request states for good, and what a repair taught; return how many are new.

    What can't be kept, or has no room, is left out.
    """
    return sum(_propose(build, *proposed) for proposed in (*_preferences(build), *_learnings(build)))


def known_of(build: Build) -> list[str]:
    """Return what a model may be told of a user: kept preferences and learnings, then facts, within a budget."""
    if not build.use_memory:
        return []
    texts = [_as_text(memory.value) for memory in memories.for_prompt(build.user_id, MAX_KNOWN)]
    texts += [fact.fact_text for fact in facts.facts_of(build.user)[:MAX_KNOWN]]
    told, room = list[str](), MAX_KNOWN_CHARACTERS
    for text in texts:
        if len(text) <= room and not guarding.is_kept_from_models(text):
            told.append(text)
            room -= len(text)
    return told


def _propose(build: Build, memory_type: str, key: str, text: str) -> bool:
    try:
        made = memories.propose(
            user=build.user, memory_type=memory_type, key=key, value=text, importance=0.6, source_build_id=build.id
        )
    except AppError as refusal:
        log.info("learning.refused", code=refusal.code)
        return False
    return made[1]


def _preferences(build: Build) -> Iterator[tuple[str, str, str]]:
    sentences = _END_OF_SENTENCE.split(f"{build.requirements}\n{build.description}")
    standing = [" ".join(text.split()) for text in sentences if _STANDING.search(text)]
    fitting = [text for text in standing if LEAST_SENTENCE <= len(text) <= MAX_SENTENCE]
    for text in fitting[:MAX_PREFERENCES]:
        yield MemoryType.PREFERENCE, text[:120], text


def _learnings(build: Build) -> Iterator[tuple[str, str, str]]:
    """Say what failed first and what mended it, of a build that was proved in the end."""
    if build.verification != Verification.VERIFIED:
        return
    events = list(RunEvent.objects.filter(run_id=build.run_id, kind__in=(_FAILED, _MENDED)).order_by("seq"))
    failed = next((_names(event.payload.get("failing")) for event in events if event.payload.get("failing")), [])
    mended = next((event for event in reversed(events) if event.kind == _MENDED and event.node == "repair"), None)
    if not failed or mended is None:
        return
    told = {
        "tests": ", ".join(failed[:3]),
        "project": build.project_name,
        "what": str(mended.payload.get("verdict", "")),
    }
    text = _("In “%(project)s” these tests failed at first: %(tests)s. What mended it: %(what)s") % told
    yield MemoryType.LEARNING, f"{build.language}: {failed[0]}"[:120], text[:600]


def _names(value: Any) -> Sequence[str]:
    return [str(name) for name in value] if isinstance(value, list) else []


def _as_text(value: Any) -> str:
    return value if isinstance(value, str) else json.dumps(value, ensure_ascii=False)
