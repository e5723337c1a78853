"""How an attempt to deliver can end, in words."""

from dataclasses import dataclass

from django.utils.functional import Promise
from django.utils.translation import gettext_lazy as _

ERRORS: dict[str, str | Promise] = {
    "answer.refused": _("The receiver answered with another status than 2xx."),
    "answer.redirect": _("The receiver answered with a redirect, which is not followed: enter its new address."),
    "answer.unreadable": _("What the receiver answered is no HTTP."),
    "answer.too_slow": _("There was no whole answer within 10 seconds."),
    "connection.failed": _("No connection could be made."),
    "connection.closed": _("The connection was closed before there was an answer."),
    "tls.failed": _("The receiver's certificate is not good for this name, or TLS failed."),
    "address.unknown": _("The host's name has no address."),
    "address.refused": _("The host's name leads to an address that is not public."),
    "url.refused": _("This address is not allowed any more: change it."),
    "platform.error": _("Agentsite is at fault; the operator's log says more."),
    "secret.unreadable": _("The secret can't be decrypted with the server's key: rotate it."),
}


@dataclass(frozen=True)
class Outcome:
    """What came of one attempt."""

    error: str = ""
    status: int | None = None
    answer: str = ""
    retry_after: float | None = None
    """For how many seconds the receiver wants to be left alone."""
    duration_ms: int = 0

    @property
    def is_success(self) -> bool:
        """Say whether the receiver took it."""
        return not self.error


def sentence(error: str) -> str:
    """Say what went wrong; empty when nothing did."""
    return str(ERRORS.get(error, error))
