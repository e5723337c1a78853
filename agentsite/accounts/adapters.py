"""Where the accounts' library asks what we want."""

from collections.abc import Sequence
from typing import Any, ClassVar

from allauth.account.adapter import DefaultAccountAdapter
from allauth.account.stages import EmailVerificationStage
from allauth.core import context
from allauth.mfa.adapter import DefaultMFAAdapter
from allauth.usersessions.adapter import DefaultUserSessionsAdapter
from allauth.usersessions.models import UserSession
from django.conf import settings
from django.contrib.sites.shortcuts import get_current_site
from django.db import transaction
from django.http import HttpRequest, HttpResponse
from django.utils.translation import gettext_lazy as _

from agentsite.accounts import invitations
from agentsite.common.sealing import sealer
from audit import services as audit
from audit.models import Category

_NO_MATCH = _("The name and the password do not match an account. Check both; capitals count.")
_VERIFY = "allauth.account.stages.EmailVerificationStage"


class AccountAdapter(DefaultAccountAdapter):  # type: ignore[misc]  # the library has no types
    """Who may sign up, and how mail leaves."""

    error_messages: ClassVar[dict[str, Any]] = DefaultAccountAdapter.error_messages | dict.fromkeys(
        ("username_password_mismatch", "email_password_mismatch", "username_email_password_mismatch"), _NO_MATCH
    )

    def is_open_for_signup(self, request: HttpRequest) -> bool:
        """Let in whom the installation's setting lets in."""
        if settings.SIGNUP == "invitation":
            return invitations.open_invitation(request.session) is not None
        return bool(settings.SIGNUP == "open")

    def get_login_stages(self) -> list[str]:
        """Ask for a proved address only where there is one to prove."""
        ours = f"{ProvedAddress.__module__}.{ProvedAddress.__name__}"
        return [ours if stage == _VERIFY else stage for stage in super().get_login_stages()]

    def send_mail(self, template_prefix: str, email: str, context: dict[str, Any]) -> None:
        """Send when what it tells of is stored."""
        site = {"request": _request(), "current_site": get_current_site(_request()), "email": email}
        message = self.render_mail(template_prefix, email, site | context)
        transaction.on_commit(message.send)


def site_is_open(_request: HttpRequest) -> dict[str, bool]:
    """Tell templates whether everybody may make an account."""
    return {"site_is_open": settings.SIGNUP == "open"}


class ProvedAddress(EmailVerificationStage):  # type: ignore[misc]  # the library has no types
    """Accounts that an operator made may have no address; all others prove theirs before the first login."""

    def handle(self) -> tuple[HttpResponse | None, bool]:
        """Go on, or send the message and wait."""
        user = self.login.user  # None: the library plays a sign-up whose address has an account already
        if user is not None and (user.is_verified or not user.email):
            return None, True
        answer: tuple[HttpResponse | None, bool] = super().handle()
        return answer


class SessionsAdapter(DefaultUserSessionsAdapter):  # type: ignore[misc]  # the library has no types
    """Ending sessions."""

    def end_sessions(self, sessions: Sequence[UserSession]) -> None:
        """End them, and write down how many."""
        if sessions:
            about: dict[str, Any] = {"resource_type": "user", "resource_id": str(sessions[0].user_id)}
            told = {"sessions": len(sessions)}
            audit.record(
                "user.sessions_ended", user=sessions[0].user, details=told, category=Category.SECURITY, **about
            )
        super().end_sessions(sessions)


class SecondFactorAdapter(DefaultMFAAdapter):  # type: ignore[misc]  # the library has no types
    """Keep the secrets of second factors encrypted."""

    def encrypt(self, text: str) -> str:
        """Encrypt with the key of today."""
        return sealer("second-factor").encrypt(text.encode()).decode()

    def decrypt(self, encrypted_text: str) -> str:
        """Decrypt with the key of today or an earlier one."""
        return sealer("second-factor").decrypt(encrypted_text.encode()).decode()


def _request() -> HttpRequest | None:
    request: HttpRequest | None = context.request
    return request
