"""A target that is deleted, by itself or with its owner, takes its repository with it."""

from typing import Any

from django.db import transaction
from django.db.models.signals import post_delete
from django.dispatch import receiver

from builds.deployments import repository
from builds.models.deployment import DeploymentTarget

LEFT_SECONDS = 86_400.0


@receiver(post_delete, sender=DeploymentTarget, dispatch_uid="builds.deployments.farewell")
def remove_repository(instance: DeploymentTarget, **_: Any) -> None:
    """Remove what is on disk, once the deletion is certain."""
    target_id = instance.pk
    transaction.on_commit(lambda: repository.remove(target_id), robust=True)


def remove_left_over() -> int:
    """Remove the repositories of targets that are gone, where whoever deleted them could not; return how many."""
    found = repository.left_alone(LEFT_SECONDS)
    left = found - set(DeploymentTarget.objects.filter(pk__in=found).values_list("pk", flat=True))
    for target_id in left:
        repository.remove(target_id)
    return len(left)
