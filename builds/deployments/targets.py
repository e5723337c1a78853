"""What may be done with targets. Page and API call these; no repository and no network is touched here."""

from typing import Any

from django.conf import settings
from django.core.exceptions import ValidationError
from django.core.validators import validate_slug
from django.db import IntegrityError, transaction
from django.utils import timezone
from django.utils.translation import gettext as _

from agentsite.accounts.models import User
from agentsite.accounts.roles import refuse_viewers
from agentsite.common.errors import AppError, invalid, not_found
from audit import services as audit
from audit.models import Category
from builds.deployments import credentials
from builds.deployments.repository import is_branch
from builds.models.deployment import ENDED, DeploymentTarget
from builds.models.run import Run
from builds.webhooks.targets import BadTarget, Target, read_target

MAX_TARGETS = 50
MAX_NAME = 64
MAX_CREDENTIAL = 1_000


@transaction.atomic
def create_target(
    *, user: User, name: str, branch: str = "main", remote_url: str = "", username: str = "", credential: str = ""
) -> DeploymentTarget:
    """Make a target: a repository on this server, or with ``remote_url`` one elsewhere.

    :raises AppError: ``request.invalid``; ``request.forbidden`` for a viewer; ``target.too_many``.
    """
    refuse_viewers(user)
    given = _checked(name=name, branch=branch, remote_url=remote_url, username=username, credential=credential)
    User.objects.select_for_update(no_key=True).only("id").get(pk=user.pk)  # those made at once are counted
    mine = DeploymentTarget.objects.filter(user=user)
    if mine.count() >= MAX_TARGETS:
        raise AppError(
            "target.too_many",
            _("An account can have %(count)d targets.") % {"count": MAX_TARGETS},
            hint=_("Delete one that is not needed any more."),
            http_status=409,
        )
    if mine.filter(name=given["name"]).exists():
        raise invalid(name=_("You have a target of this name."))
    target = DeploymentTarget.objects.create(user=user, **given)
    _audit("target.created", user, target)
    return target


@transaction.atomic
def change_target(*, user: User, target: DeploymentTarget, **changes: Any) -> DeploymentTarget:
    """Change ``name``, ``remote_url``, ``username``, ``credential`` or ``is_archived``; what is left out stays.

    An empty credential removes the one that is kept. A branch is for good: its history would be another one's.

    :raises AppError: ``request.invalid``; ``target.busy`` for a new remote while something is deployed there;
        ``request.not_found`` when it was deleted at this moment.
    """
    refuse_viewers(user)
    locked = _locked(target)
    is_archived = changes.pop("is_archived", None)
    known = {"name": locked.name, "branch": locked.branch, "remote_url": locked.remote_url, "username": locked.username}
    given = _checked(**{**known, "credential": changes.get("credential", ""), **changes})
    if "credential" not in changes and given["remote_url"] and _same_host(locked.remote_url, given["remote_url"]):
        given.pop("credential_encrypted")
    if given["remote_url"] != locked.remote_url:
        _refuse_another_remote(locked, given)
    if is_archived is not None and is_archived != bool(locked.archived_at):
        given["archived_at"] = timezone.now() if is_archived else None
    changed = sorted(name for name, value in given.items() if value != getattr(locked, name))
    for name in changed:
        setattr(locked, name, given[name])
    if changed:
        _save(locked)
        _audit("target.changed", user, locked, {"fields": changed})
    return locked


@transaction.atomic
def delete_target(*, user: User, target: DeploymentTarget) -> None:
    """Delete a target with its history, and its repository on this server; a remote keeps what it has.

    :raises AppError: ``target.busy`` while something is deployed there.
    """
    refuse_viewers(user)
    locked = DeploymentTarget.objects.select_for_update().filter(pk=target.pk).first()
    if locked is None:
        return
    if locked.deployments.exclude(status__in=ENDED).exists():
        raise busy()
    _audit("target.deleted", user, locked)
    runs = list(locked.deployments.values_list("run_id", flat=True))
    locked.delete()
    Run.objects.filter(id__in=runs).delete()


def busy() -> AppError:
    """Return the refusal of what has to wait until nothing is deployed."""
    return AppError(
        "target.busy",
        _("Something is being deployed to this target."),
        hint=_("Wait for its end, or cancel it first."),
        http_status=409,
    )


def read_remote(url: str) -> Target:
    """Read the address of a remote.

    :raises BadTarget: it can't be one, or may not be called.
    """
    found = read_target(url, allowed=settings.DEPLOYMENT_ALLOWED_HOSTS)
    if "?" in found.path or found.path == "/":
        raise BadTarget("form")
    return found


def _checked(*, name: str, branch: str, remote_url: str, username: str, credential: str) -> dict[str, Any]:
    try:
        validate_slug(name)
    except ValidationError:
        raise invalid(name=_("Use letters, digits, - and _.")) from None
    if len(name) > MAX_NAME:
        raise invalid(name=_("Use at most %(most)d characters.") % {"most": MAX_NAME})
    if not is_branch(branch):
        raise invalid(branch=_("Git knows no branch of such a name."))
    if not remote_url and (username or credential):
        raise invalid(remote_url=_("A user name and a credential are shown to a remote: give its address."))
    if not (username + credential).isprintable() or ":" in username or len(credential) > MAX_CREDENTIAL:
        raise invalid(credential=_("Give the user name, and the password or token, as the remote knows them."))
    return {
        "name": name,
        "branch": branch,
        "remote_url": _checked_remote(remote_url) if remote_url else "",
        "username": username,
        "credential_encrypted": credentials.seal(credential) if credential else "",
    }


def _checked_remote(url: str) -> str:
    sentences = {
        "form": _("Give an address like https://example.org/team/project.git, without user name, ? and #."),
        "host": _("Give the host as a name or a plain IP address, and a port from 1 to 65535."),
        "http": _("Give an address that begins with https://."),
        "port": _("Use port 443, or one from 1024."),
        "private": _("This address is not public: the operator has to allow such a host."),
    }
    try:
        return read_remote(url).url
    except BadTarget as bad:
        raise invalid(remote_url=sentences[bad.reason]) from None


def _same_host(before: str, after: str) -> bool:
    """Say whether a credential may be shown to another address; never to another host."""
    return before.split("/")[:3] == after.split("/")[:3]


def _refuse_another_remote(target: DeploymentTarget, given: dict[str, Any]) -> None:
    if bool(given["remote_url"]) != bool(target.remote_url):
        raise invalid(remote_url=_("A target stays where it is, here or elsewhere: make another one."))
    if target.deployments.exclude(status__in=ENDED).exists():
        raise busy()


def _save(target: DeploymentTarget) -> None:
    try:
        with transaction.atomic():
            target.save()
    except IntegrityError:
        raise invalid(name=_("You have a target of this name.")) from None


def _locked(target: DeploymentTarget) -> DeploymentTarget:
    found = DeploymentTarget.objects.select_for_update(no_key=True).filter(pk=target.pk).first()
    if found is None:
        raise not_found()
    return found


def _audit(action: str, user: User, target: DeploymentTarget, details: dict[str, object] | None = None) -> None:
    audit.record(
        action,
        user=user,
        resource_type="deployment_target",
        resource_id=str(target.pk),
        description=target.name,
        details={"branch": target.branch, "is_local": target.is_local} | (details or {}),
        category=Category.SECURITY,
    )
