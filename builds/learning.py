"""What a finished build has to teach about its user, as proposals: nothing is used before its user keeps it."""

import json
from collections.abc import Sequence
from typing import Any

from django.utils.translation import gettext as _

from builds import guarding
from builds.models.build import Build
from builds.models.run import RunEvent
from builds.states import Verification
from memory import facts, memories, wishes
from memory.models.memory import MemoryType

MAX_KNOWN, MAX_KNOWN_CHARACTERS = 20, 4_000
_FAILED, _MENDED = "tests.ran", "files.changed"


def propose_from(build: Build) -> int:
    """Propose the standing wishes of a request, and what a repair taught; return how many are new."""
    asked = f"{build.requirements}\n{build.description}"
    wished = wishes.propose_from(build.user, asked, source_build_id=build.id)
    return wished + _propose_learning(build)


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


def _propose_learning(build: Build) -> bool:
    """Say what failed first and what mended it, of a build that was proved in the end."""
    if build.verification != Verification.VERIFIED:
        return False
    events = list(RunEvent.objects.filter(run_id=build.run_id, kind__in=(_FAILED, _MENDED)).order_by("seq"))
    failed = next((_names(event.payload.get("failing")) for event in events if event.payload.get("failing")), [])
    mended = next((event for event in reversed(events) if event.kind == _MENDED and event.node == "repair"), None)
    if not failed or mended is None:
        return False
    what = str(mended.payload.get("verdict", ""))
    told = {"tests": ", ".join(failed[:3]), "project": build.project_name, "what": what}
    text = _("In “%(project)s” these tests failed at first: %(tests)s. What mended it: %(what)s") % told
    key = f"{build.language}: {failed[0]}"[:120]
    return wishes.propose(build.user, MemoryType.LEARNING, key, text[:600], source_build_id=build.id)


def _names(value: Any) -> Sequence[str]:
    return [str(name) for name in value] if isinstance(value, list) else []


def _as_text(value: Any) -> str:
    return value if isinstance(value, str) else json.dumps(value, ensure_ascii=False)
