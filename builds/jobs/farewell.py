"""A conversation that is deleted takes its work with it."""

from collections.abc import Iterable
from typing import Any

from django.db import transaction
from django.db.models.signals import pre_delete
from django.dispatch import receiver

from builds.approvals import services as approvals
from builds.jobs import services
from builds.models.job import ENDED, Job
from memory.models.conversation import Conversation


@receiver(pre_delete, sender=Conversation, dispatch_uid="builds.jobs.farewell")
def withdraw(instance: Conversation, **_: Any) -> None:
    """Let nothing wait for an answer that nobody can give, and stop what works on it once it is gone."""
    approvals.withdraw(instance.pk, reason="")
    jobs = list(Job.objects.select_related("user").filter(conversation=instance).exclude(status__in=ENDED))
    # Afterwards: whoever works on one holds its run and waits for the conversation.
    transaction.on_commit(lambda: _stop(jobs), robust=True)


def _stop(jobs: Iterable[Job]) -> None:
    for job in jobs:
        services.cancel_job(user=job.user, job=job)
