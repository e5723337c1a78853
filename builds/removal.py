"""Deleting a build that has ended, with everything that is its own."""

from django.db import transaction
from django.urls import reverse
from django.utils.translation import gettext as _

from agentsite.accounts import idempotency
from agentsite.accounts import storage as room
from agentsite.accounts.models import User
from agentsite.common.acting import as_server
from agentsite.common.errors import AppError, not_found
from audit import services as audit
from audit.models import Category, Severity
from builds import storage
from builds.models.build import Build
from builds.models.run import Run
from memory import services as memory


@transaction.atomic
def delete_build(*, user: User, build: Build) -> None:
    """Delete a build with files, events, results, shares and memories; what it cost stays in the ledger.

    Retries and forks of it go on: what they took over is their own. Contents that no build has any more are deleted by
    housekeeping.

    :raises AppError: ``build.not_final`` while it has not ended.
    """
    locked = Build.objects.select_for_update().filter(pk=build.pk).first()  # whoever forks it now is waited for
    if locked is None:
        raise not_found()
    if not locked.is_final:
        raise AppError(
            "build.not_final",
            _("This build has not ended yet."),
            hint=_("Wait for its end, or cancel it first."),
            http_status=409,
        )
    size = storage.size_of(build=locked)
    memory.forget_build(locked.id)
    audit.record(
        "build.deleted",
        user=user,
        resource_type="build",
        resource_id=str(locked.id),
        description=locked.project_name,
        details={"owner": locked.user_id, "status": locked.status, "bytes": size},
        category=Category.COMPLIANCE,
        severity=Severity.WARNING,
    )
    room.give_back(locked.user_id, size)
    idempotency.forget_answers(reverse("build-api-detail", args=[locked.id]))
    with as_server():  # what others hold on to it can't be seen by its owner: their tickets, their retries
        Run.objects.get(pk=locked.run_id).delete()
