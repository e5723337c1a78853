"""Who may open a socket: this site's own pages, those that the operator trusts, and programs with a ticket."""

from collections.abc import Awaitable, Callable, MutableMapping
from typing import Any

from channels.security.websocket import WebsocketDenier
from django.conf import settings
from django.http.request import split_domain_port, validate_host

from agentsite.common.requests import Caller, called_by
from builds import tickets

Scope = MutableMapping[str, Any]
Application = Callable[[Scope, Any, Any], Awaitable[Any]]


class SameOriginOnly:
    """Deny a socket whose ``Origin`` is not exactly this site's, or is missing; with a ticket the origin says nothing.

    What is let in by a ticket carries it in its scope; nothing else counts then, no cookie opens anything.
    """

    def __init__(self, application: Application) -> None:
        self._application = application

    async def __call__(self, scope: Scope, receive: Any, send: Any) -> Any:
        """Pass a trusted connection on."""
        headers = dict(scope.get("headers", []))
        origin = headers.get(b"origin", b"").decode("latin1")
        host = headers.get(b"host", b"").decode("latin1")
        ticket = tickets.shown(scope)
        if _is_ours(host) and (ticket is not None or _is_trusted(origin, host)):
            known = {"ticket": ticket} if ticket is not None else {}
            with called_by(_caller_of(scope, headers)):
                return await self._application({**scope, **known}, receive, send)
        return await WebsocketDenier()(scope, receive, send)


def _caller_of(scope: Scope, headers: dict[bytes, bytes]) -> Caller:
    remote, _port = scope.get("client") or ("", 0)
    forwarded, agent = (headers.get(name, b"").decode("latin1") for name in (b"x-forwarded-for", b"user-agent"))
    return Caller.of(remote, forwarded, agent)


def _is_ours(host: str) -> bool:
    return validate_host(split_domain_port(host)[0], settings.ALLOWED_HOSTS)


def _is_trusted(origin: str, host: str) -> bool:
    scheme = "https" if settings.HTTPS else "http"
    return origin in {f"{scheme}://{host}", *settings.CSRF_TRUSTED_ORIGINS}
