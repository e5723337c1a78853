"""As whom somebody's requests ask the database."""

from agentsite.accounts.models import User
from agentsite.common.acting import PERSON, SERVICE, Actor


def actor_of(user: object, links: tuple[int, ...] = ()) -> Actor:
    """Return the actor for a person, an operator, or somebody who is not known.

    :param links: shares by link that this person opened.
    """
    if not isinstance(user, User):
        return Actor(PERSON, links=links)
    return Actor(SERVICE if user.is_operator else PERSON, user.pk, links)
