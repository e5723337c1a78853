"""The console's site: whom it lets in, and how its pages differ from all others."""

from collections.abc import Callable
from functools import wraps
from typing import Any

from csp.decorators import csp_update
from django.contrib.admin import ModelAdmin
from django.core.exceptions import PermissionDenied
from django.http import HttpRequest, HttpResponse
from django.template.response import TemplateResponse
from django.urls import URLPattern, path
from django.utils.translation import gettext as _
from django.utils.translation import pgettext
from unfold.sites import UnfoldAdminSite

from agentsite.accounts.models import User
from agentsite.console.exporting import export
from agentsite.console.history import PERIODS, history
from agentsite.console.live import live
from agentsite.console.theme import POLICY
from agentsite.console.themed import themed

View = Callable[..., HttpResponse]


class ConsoleSite(UnfoldAdminSite):
    """Django's admin for operators only; every registered class gets the theme."""

    enable_nav_sidebar = True

    def __init__(self, name: str = "admin") -> None:
        super().__init__(name)
        self.add_action(export, "export")

    def register(
        self, model_or_iterable: Any, admin_class: type[ModelAdmin[Any]] | None = None, **options: Any
    ) -> None:
        """Register models, with the theme whoever brings them."""
        super().register(model_or_iterable, themed(admin_class or ModelAdmin), **options)

    def has_permission(self, request: HttpRequest) -> bool:
        """Let operators in who may use the console; what they find there is a matter of their permissions."""
        user = request.user
        return isinstance(user, User) and user.is_active and user.is_staff and user.is_operator

    def admin_view(self, view: View, cacheable: bool = False) -> View:  # noqa: FBT001, FBT002  Django's signature
        """Refuse staff who are no operators, and let the theme's scripts work on this page."""
        inner = super().admin_view(view, cacheable)

        @wraps(inner)
        def shown(request: HttpRequest, *args: Any, **given: Any) -> HttpResponse:
            self._refuse_other_staff(request)
            answer: HttpResponse = inner(request, *args, **given)
            return answer

        allowed: View = csp_update(POLICY)(shown)
        return allowed

    def each_context(self, request: HttpRequest) -> dict[str, Any]:
        """Return what every page of the console shows."""
        themes = (("light", _("light")), ("dark", _("dark")), ("auto", pgettext("theme", "system")))
        context: dict[str, Any] = super().each_context(request)
        return context | {"themes": themes}

    def extra_urls(self) -> list[URLPattern]:
        """Add what the dashboard looks at every few seconds."""
        return [path("live/", self.admin_view(self.live), name="live")]

    def index(self, request: HttpRequest, extra_context: dict[str, Any] | None = None) -> TemplateResponse:
        """Show the dashboard to whoever may see builds."""
        may_look(request)
        shown = {
            **self.each_context(request),
            "title": _("Dashboard"),
            "live": live(),
            "history": history(request.GET.get("period", "")),
            "periods": PERIODS.values(),
        }
        return TemplateResponse(request, "admin/dashboard.html", shown | (extra_context or {}))

    def live(self, request: HttpRequest) -> HttpResponse:
        """Show what happens now, as a part of the dashboard."""
        may_look(request)
        return TemplateResponse(request, "admin/_live.html", {"live": live()})

    def login(self, request: HttpRequest, extra_context: dict[str, Any] | None = None) -> HttpResponse:
        """Show the login to nobody who has logged in: another name would not help."""
        self._refuse_other_staff(request)
        answer: HttpResponse = super().login(request, extra_context)
        return answer

    def _refuse_other_staff(self, request: HttpRequest) -> None:
        if getattr(request.user, "is_staff", False) and not self.has_permission(request):
            raise PermissionDenied


def may_look(request: HttpRequest) -> None:
    """Refuse those operators who may not see builds.

    :raises PermissionDenied: somebody lacks the permission.
    """
    if not request.user.has_perm("builds.view_build"):
        raise PermissionDenied
