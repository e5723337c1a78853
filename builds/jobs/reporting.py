"""Tells a conversation how a build that it asked for has ended, in the transaction that ends it."""

from collections.abc import Sequence

from django.utils import translation

from builds import failures
from builds.agent.talking import offline
from builds.agent.talking.phrases import say, spoken
from builds.jobs import results, telling
from builds.jobs.knowledge import counted_tests, failing_tests
from builds.models.build import Build
from builds.models.run import RunEvent
from builds.states import State, Verification
from memory import conversations

_ENDS = {f"build.{state}": state for state in (State.COMPLETED, State.FAILED, State.CANCELLED)}
_PROVED = {
    Verification.VERIFIED: "build_verified",
    Verification.PARTLY: "build_partly",
    Verification.UNVERIFIED: "build_unverified",
}


def report(events: Sequence[RunEvent]) -> None:
    """Append a message about each build that has ended."""
    for event in events:
        if event.kind in _ENDS:
            _report(event)


def _report(event: RunEvent) -> None:
    builds = Build.objects.select_related("conversation__user").exclude(conversation=None)
    build = builds.filter(run_id=event.run_id).first()
    if build is None or build.conversation is None:
        return
    speech = conversations.language_of(build.conversation)
    known = {"links": [str(build.id)], "build": str(build.id), "event": event.kind}
    with translation.override(spoken(speech)):
        words = _words(build, speech)
    key = f"build:{build.id}"
    message = telling.append(build.conversation, words, key=key, message_type="result", extra_metadata=known)
    if message is not None:
        results.attach(message, build)


def _words(build: Build, speech: str) -> str:
    passed, total = counted_tests(build.test_results)
    if build.status == State.COMPLETED:
        phrase = _PROVED[Verification(build.verification)]
        return say(speech, phrase, name=build.project_name, passed=passed, total=total)
    about: dict[str, object] = {
        "name": build.project_name,
        "status": build.status,
        "error": failures.message(build.error_code, build.error_details),
    }
    about |= {"verification": build.verification, "cost_usd": "", "passed": passed, "total": total}
    return offline.about_build(speech, about, {"failing": failing_tests(build.test_results)}, with_cost=False)
