"""Noting what somebody states of themselves: each once, with where it was said, and told, so that it can be undone."""

from collections.abc import Sequence

from django.utils.formats import date_format
from django.utils.translation import gettext as _

from builds.agent.talking.phrases import say
from builds.approvals import policy
from builds.guard import detection
from builds.jobs import telling
from builds.models.job import Job
from builds.runs import fence
from builds.runs.claim import Claim
from memory import facts
from memory.models.fact import Fact

INTENT = "note"


def note(claim: Claim, job: Job, texts: Sequence[str]) -> None:
    """Keep facts of a job's message and say so in its conversation, in one transaction; a second time changes nothing.

    Whoever chose so is noted nothing of, and secrets or personal data are noted of nobody.
    """
    wanted = [text for text in texts if not detection.find(text)]
    if not wanted or not policy.preference_of(job.user).notes_facts:
        return
    with fence.held(claim.run_id, claim.fence):
        found = [facts.note_fact(user=job.user, fact_text=text, **origin(job)) for text in wanted]
        noted = [fact for fact in found if fact is not None]
        if noted:
            _tell(job, noted)


def origin(job: Job) -> facts.Origin:
    """Return where a job's message was said: in words, and the message itself."""
    conversation, message = job.conversation, job.trigger_message
    if conversation is None or message is None:
        return facts.Origin(source="", message=None)
    words = _("Said by %(name)s in “%(title)s” (%(door)s), %(day)s")
    told = {
        "name": job.user.get_username(),
        "title": conversation.title or _("without a title"),
        "door": conversation.get_platform_display(),
        "day": date_format(message.created_at, "DATE_FORMAT"),
    }
    return facts.Origin(source=words % told, message=message)


def _tell(job: Job, noted: Sequence[Fact]) -> None:
    speech = job.trigger_message.language if job.trigger_message else "en"
    text = say(speech, "noted", facts="; ".join(fact.fact_text.rstrip(".") for fact in noted))
    telling.tell(job, text, key="noted", intent=INTENT, known={"facts": [fact.pk for fact in noted]})
