"""The settings that can change at run time, in the operator's console: all on one page, and a page for each."""

from typing import Any, cast

from django import forms
from django.contrib import admin, messages
from django.http import Http404, HttpRequest, HttpResponse, QueryDict
from django.shortcuts import redirect
from django.template.response import TemplateResponse
from django.urls import URLPattern, path
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy
from unfold.widgets import UnfoldAdminIntegerFieldWidget, UnfoldAdminSelectWidget, UnfoldAdminTextInputWidget

from agentsite.accounts.models import User
from agentsite.accounts.runtime import selectors, services
from agentsite.accounts.runtime.models import MAX_REASON, MAX_VALUE, RuntimeSetting
from agentsite.accounts.runtime.selectors import Shown
from agentsite.common.errors import AppError
from agentsite.common.forms import RequestForm
from agentsite.common.read_only import ReadOnly
from agentsite.setting_kinds import Choice, Whole

MAX_SHOWN = 200


class SettingForm(RequestForm):
    """What a setting shall be, why, and which version of it was on the page."""

    value = forms.CharField(
        label=gettext_lazy("Value"), required=False, max_length=MAX_VALUE, widget=UnfoldAdminTextInputWidget
    )
    reason = forms.CharField(
        label=gettext_lazy("Reason"),
        required=False,
        max_length=MAX_REASON,
        widget=UnfoldAdminTextInputWidget,
        help_text=gettext_lazy("Kept in the history, and in the audit log."),
    )
    version = forms.IntegerField(widget=forms.HiddenInput, min_value=0)

    def __init__(self, shown: Shown, sent: QueryDict | None = None) -> None:
        super().__init__(sent, initial={"value": shown.value})
        self.fields["value"].help_text = shown.allowed
        kind = shown.setting.kind
        if isinstance(kind, Choice):
            self.fields["value"].widget = UnfoldAdminSelectWidget(choices=[(word, word) for word in kind.choices])
        elif isinstance(kind, Whole):
            self.fields["value"].widget = UnfoldAdminIntegerFieldWidget(attrs={"min": kind.least, "max": kind.most})


@admin.register(RuntimeSetting)
class RuntimeSettingAdmin(ReadOnly, admin.ModelAdmin[RuntimeSetting]):
    """One page of all settings instead of a list of their changes; the services write."""

    def has_module_permission(self, request: HttpRequest) -> bool:
        """Show it to operators."""
        return bool(getattr(request.user, "is_operator", False))

    def has_view_permission(self, request: HttpRequest, obj: object = None) -> bool:  # noqa: ARG002  Django's signature
        """Show it to operators."""
        return self.has_module_permission(request)

    def get_urls(self) -> list[URLPattern]:
        """Put the page of one setting in the place of a change's."""
        wrapped = self.admin_site.admin_view
        return [
            path("", wrapped(self.changelist_view), name="accounts_runtimesetting_changelist"),
            path("<slug:name>/", wrapped(self.one_view), name="accounts_runtimesetting_one"),
        ]

    def changelist_view(self, request: HttpRequest, extra_context: Any = None) -> HttpResponse:  # noqa: ARG002  Django's signature
        """Show every setting: what is in force, and where that comes from."""
        self._refuse_others(request)
        return self._page(request, "accounts/admin_settings.html", title=_("Settings"), rows=selectors.all_shown())

    def one_view(self, request: HttpRequest, name: str) -> HttpResponse:
        """Show a setting with its history; change it, or let it be as in the environment again."""
        self._refuse_others(request)
        shown = selectors.shown(name)
        if shown is None:
            raise Http404
        if request.method != "POST":
            return self._one(request, shown, SettingForm(shown))
        form = SettingForm(shown, request.POST)
        if not form.is_valid():
            return self._one(request, shown, form)
        try:
            outcome = _change(request, name, form.cleaned_data)
        except AppError as error:
            form.take_errors(error)
            return self._one(request, selectors.shown(name) or shown, form, error)
        _tell(request, outcome)
        return redirect("admin:accounts_runtimesetting_one", name=name)

    def _one(
        self, request: HttpRequest, shown: Shown, form: SettingForm, error: AppError | None = None
    ) -> HttpResponse:
        status = error.http_status if error else 400 if form.errors else 200
        history = selectors.history(shown.name)[:MAX_SHOWN]
        given = {"title": shown.name, "shown": shown, "form": form, "error": error, "history": history}
        return self._page(request, "accounts/admin_setting.html", status=status, **given)

    def _page(self, request: HttpRequest, template: str, *, status: int = 200, **given: Any) -> HttpResponse:
        context = {**self.admin_site.each_context(request), "opts": self.opts, **given}
        return TemplateResponse(request, template, context, status=status)

    def _refuse_others(self, request: HttpRequest) -> None:
        if not self.has_view_permission(request):
            raise Http404


def _change(request: HttpRequest, name: str, given: dict[str, Any]) -> services.Outcome:
    wanted: Any = {
        "user": cast("User", request.user),
        "name": name,
        "reason": given["reason"],
        "version": given["version"],
    }
    if "reset" in request.POST:
        return services.reset_setting(**wanted)
    return services.set_setting(**wanted, value=given["value"])


def _tell(request: HttpRequest, outcome: services.Outcome) -> None:
    shown = outcome.shown
    if not outcome.is_new:
        messages.info(request, _("It was so before; nothing was written."))
    elif shown.is_changed:
        told = {"name": shown.name, "value": shown.value}
        messages.success(request, _("%(name)s is “%(value)s”; every process knows it within ten seconds.") % told)
    else:
        messages.success(request, _("%(name)s is as in the environment again.") % {"name": shown.name})
    if outcome.warning:
        messages.warning(request, outcome.warning)
