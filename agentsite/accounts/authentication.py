"""Who calls the API: a person with a session or a program with a key."""

from drf_spectacular.extensions import OpenApiAuthenticationExtension
from rest_framework import authentication, exceptions
from rest_framework.request import Request

from agentsite.accounts import keys
from agentsite.accounts.models import User

_SCHEME = "Bearer"


class ApiKeyAuthentication(authentication.BaseAuthentication):
    """Accept ``Authorization: Bearer <key>``."""

    def authenticate(self, request: Request) -> tuple[User, None] | None:
        """Return the key's owner; None leaves the request to the session.

        :raises AuthenticationFailed: a key was sent and is not good.
        """
        scheme, _, secret = request.headers.get("Authorization", "").partition(" ")
        if scheme.lower() != _SCHEME.lower():
            return None
        user = keys.find_user(secret.strip())
        if user is None:
            raise exceptions.AuthenticationFailed
        return user, None

    def authenticate_header(self, request: Request) -> str:  # noqa: ARG002  the framework's signature
        """Name the scheme, so that a refusal is a 401."""
        return _SCHEME


class ApiKeyScheme(OpenApiAuthenticationExtension):  # type: ignore[no-untyped-call]  # the library has no types here
    """Describe the key in the OpenAPI document."""

    target_class = ApiKeyAuthentication
    name = "apiKey"

    def get_security_definition(self, auto_schema: object) -> dict[str, str]:  # noqa: ARG002  the library's signature
        """Return the OpenAPI security scheme."""
        return {"type": "http", "scheme": "bearer", "description": "An API key."}
