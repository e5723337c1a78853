"""Whose a repository is, by the names that it is cloned under."""

from uuid import UUID

from django.db import transaction
from django.urls import reverse

from agentsite.accounts.models import User
from audit import services as audit
from builds.deployments import selectors
from builds.models.deployment import DeploymentTarget


def clone_path(target: DeploymentTarget) -> str:
    """Return what of this server's address is cloned; empty for a repository elsewhere."""
    if not target.is_local:
        return ""
    return reverse("builds:git_refs", kwargs={"repository": str(target.id)}).removesuffix("/info/refs")


def find(user: User, name: str) -> DeploymentTarget | None:
    """Return the target that somebody clones: by its id, or by their own name and its name; only one's own."""
    owner, slash, slug = name.partition("/")
    mine = selectors.targets_of(user).filter(remote_url="")
    if slash:
        return mine.filter(name=slug).first() if owner == user.get_username() else None
    try:
        return mine.filter(id=UUID(name)).first()
    except ValueError:
        return None


@transaction.atomic
def note_fetch(user: User, target: DeploymentTarget) -> None:
    """Write down that somebody fetched what is on a branch."""
    audit.record(
        "target.cloned",
        user=user,
        resource_type="deployment_target",
        resource_id=str(target.pk),
        description=target.name,
        details={"sha": target.healthy_sha},
    )
