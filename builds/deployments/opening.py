"""Finding the place of a target."""

from collections.abc import Callable

from builds.deployments.places import LocalPlace, Place
from builds.deployments.remote import RemotePlace
from builds.deployments.repository import Repository, folder_of
from builds.models.deployment import DeploymentTarget


def place_of(target: DeploymentTarget, branch: str, should_stop: Callable[[], bool]) -> Place:
    """Return where a target's branch is.

    :param should_stop: asked while a remote is waited for.
    """
    repository = Repository(folder_of(target.id))
    if target.is_local:
        return LocalPlace(repository, branch)
    return RemotePlace(target, repository, branch, should_stop)
