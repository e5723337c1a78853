"""The pages about webhooks. Each view calls one service."""

from collections.abc import Callable
from functools import wraps
from typing import Any, cast
from uuid import UUID

from django.contrib import messages
from django.contrib.auth.decorators import login_required
from django.http import Http404, HttpRequest, HttpResponse
from django.shortcuts import redirect, render
from django.utils.translation import gettext as _
from django.views.decorators.cache import cache_control
from django.views.decorators.http import require_http_methods, require_POST

from agentsite.accounts.models import User
from agentsite.common.errors import AppError
from builds.models.webhook import DeliveryState, WebhookEndpoint
from builds.webhooks import pages, selectors, services
from builds.webhooks.forms import EndpointForm
from builds.webhooks.kinds import PUBLIC

Act = Callable[..., HttpResponse]


def _told(view: Act) -> Act:
    """Let a button's view find the endpoint, and say above the page why something can't be done."""

    @login_required
    @require_POST
    @wraps(view)
    def acted(request: HttpRequest, endpoint_id: int, **more: Any) -> HttpResponse:
        endpoint = _found(request, endpoint_id)
        try:
            return view(request, endpoint, **more)
        except AppError as error:
            messages.error(request, f"{error.message} {error.hint}")
            return _to(endpoint)

    return acted


@login_required
@require_http_methods(["GET", "HEAD", "POST"])
@cache_control(private=True, no_store=True)
def webhooks(request: HttpRequest) -> HttpResponse:
    """List endpoints, and make one; its secret is on the page that answers, and on no other."""
    if request.method != "POST":
        return _list_page(request, EndpointForm())
    form = EndpointForm(request.POST)
    if not form.is_valid():
        return _list_page(request, form, status=400)
    try:
        made = services.create_endpoint(user=_user(request), **form.wanted())
    except AppError as error:
        form.take_errors(error)
        return _list_page(request, form, error=error, status=error.http_status)
    return _page(request, made.endpoint, made=made, status=201)


@login_required
@require_http_methods(["GET", "HEAD", "POST"])
@cache_control(private=True, no_store=True)
def webhook(request: HttpRequest, endpoint_id: int) -> HttpResponse:
    """Show an endpoint with its log, and change it."""
    endpoint = _found(request, endpoint_id)
    if request.method != "POST":
        return _page(request, endpoint)
    form = EndpointForm(request.POST)
    if not form.is_valid():
        return _page(request, endpoint, form=form, status=400)
    try:
        services.change_endpoint(user=_user(request), endpoint=endpoint, **form.wanted())
    except AppError as error:
        form.take_errors(error)
        return _page(request, endpoint, form=form, error=error, status=error.http_status)
    messages.success(request, _("The webhook is changed."))
    return _to(endpoint)


@_told
def pause(request: HttpRequest, endpoint: WebhookEndpoint) -> HttpResponse:
    """Send nothing until it is resumed."""
    services.change_endpoint(user=_user(request), endpoint=endpoint, is_paused=True)
    messages.success(request, _("The webhook is paused. What happens is kept for 30 days."))
    return _to(endpoint)


@_told
def resume(request: HttpRequest, endpoint: WebhookEndpoint) -> HttpResponse:
    """Send again, what was kept first."""
    services.change_endpoint(user=_user(request), endpoint=endpoint, is_paused=False)
    messages.success(request, _("The webhook is resumed. What was kept is sent now."))
    return _to(endpoint)


@cache_control(private=True, no_store=True)
@_told
def rotate(request: HttpRequest, endpoint: WebhookEndpoint) -> HttpResponse:
    """Exchange the secret."""
    made = services.rotate_secret(user=_user(request), endpoint=endpoint)
    return _page(request, made.endpoint, made=made, status=201)


@_told
def delete(request: HttpRequest, endpoint: WebhookEndpoint) -> HttpResponse:
    """Delete an endpoint and its log."""
    services.delete_endpoint(user=_user(request), endpoint=endpoint)
    messages.success(request, _("The webhook to %(host)s is deleted.") % {"host": endpoint.host})
    return redirect("builds:webhooks")


@_told
def ping(request: HttpRequest, endpoint: WebhookEndpoint) -> HttpResponse:
    """Have a ping sent."""
    services.ping(user=_user(request), endpoint=endpoint)
    messages.success(request, _("A ping is on its way: reload this page to see what came of it."))
    return _to(endpoint)


@_told
def redeliver(request: HttpRequest, endpoint: WebhookEndpoint, delivery_id: UUID) -> HttpResponse:
    """Send a delivery again."""
    delivery = selectors.deliveries_of(endpoint).filter(pk=delivery_id).first()
    if delivery is None:
        raise Http404
    services.redeliver(user=_user(request), delivery=delivery)
    messages.success(request, _("It is sent again: reload this page to see what came of it."))
    return _to(endpoint)


def _list_page(
    request: HttpRequest, form: EndpointForm, *, error: AppError | None = None, status: int = 200
) -> HttpResponse:
    user = _user(request)
    context = {
        "form": form,
        "error": error,
        "endpoints": selectors.endpoints_of(user),
        "most": services.MAX_ENDPOINTS,
        "can_build": user.can_build,
        "all_kinds": len(PUBLIC),
    }
    return render(request, "builds/webhooks.html", context, status=status)


def _page(
    request: HttpRequest,
    endpoint: WebhookEndpoint,
    *,
    form: EndpointForm | None = None,
    made: services.NewSecret | None = None,
    error: AppError | None = None,
    status: int = 200,
) -> HttpResponse:
    context = {
        "endpoint": endpoint,
        "form": form or EndpointForm(initial={"url": endpoint.url, "kinds": endpoint.kinds}),
        "made": made,
        "error": error,
        "log": pages.log_page(endpoint, request.GET.dict()),
        "states": DeliveryState.choices,
    }
    return render(request, "builds/webhook.html", context, status=status)


def _to(endpoint: WebhookEndpoint) -> HttpResponse:
    return redirect("builds:webhook", endpoint_id=endpoint.pk)


def _found(request: HttpRequest, endpoint_id: int) -> WebhookEndpoint:
    endpoint = selectors.find_endpoint(_user(request), endpoint_id)
    if endpoint is None:
        raise Http404
    return endpoint


def _user(request: HttpRequest) -> User:
    return cast("User", request.user)
