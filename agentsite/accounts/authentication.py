"""Who calls the API: a person with a session or a program with a key."""

from rest_framework import authentication, exceptions
from rest_framework.request import Request

from agentsite.accounts import keys
from agentsite.accounts.actors import actor_of
from agentsite.accounts.models import ApiKey, Scope, User
from agentsite.common import acting, logs

_SCHEME = "Bearer"


class ApiKeyAuthentication(authentication.BaseAuthentication):
    """Accept ``Authorization: Bearer <key>``."""

    def authenticate(self, request: Request) -> tuple[User, ApiKey] | None:
        """Return the key's owner and the key; None leaves the request to the session.

        :raises AuthenticationFailed: a key was sent and is not good.
        """
        scheme, _, secret = request.headers.get("Authorization", "").partition(" ")
        if scheme.lower() != _SCHEME.lower():
            return None
        with acting.as_server():  # whose the key is will be known by its row
            found = keys.find_key_for_call(secret.strip())
        if found is None:
            keys.note_refusal(secret.strip())
            raise exceptions.AuthenticationFailed
        key, request._request.allowance = found  # type: ignore[attr-defined]  # noqa: SLF001  the middleware's request
        key.user.acts_as_operator = key.allows(Scope.ADMIN)
        acting.become(actor_of(key.user))
        logs.note(user_id=key.user_id)
        return key.user, key

    def authenticate_header(self, request: Request) -> str:  # noqa: ARG002  the framework's signature
        """Name the scheme, so that a refusal is a 401."""
        return _SCHEME
