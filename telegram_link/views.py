"""The page on which account and chat are linked, and the address that Telegram calls. Each calls one service."""

import json

from django.conf import settings
from django.contrib import messages
from django.contrib.auth.decorators import login_required
from django.http import Http404, HttpRequest, HttpResponse
from django.shortcuts import redirect, render
from django.utils.translation import gettext as _
from django.views.decorators.cache import cache_control
from django.views.decorators.csrf import csrf_exempt
from django.views.decorators.http import require_http_methods, require_POST

from agentsite.common.acting import as_server
from agentsite.common.errors import AppError
from memory.views import user_of
from telegram_link import contacts, inbox, leases, linking
from telegram_link import webhook as webhooks

_SECRET_HEADER = "X-Telegram-Bot-Api-Secret-Token"  # noqa: S105  the header's name
_MAX_UPDATE_BYTES = 1 << 20


@login_required
@require_http_methods(["GET", "HEAD", "POST"])
@cache_control(private=True, no_store=True)
def telegram(request: HttpRequest) -> HttpResponse:
    """Show whether a chat is linked; make the address that links one."""
    if request.method != "POST":
        return _page(request)
    try:
        secret = linking.make_link(user=user_of(request))
    except AppError as error:
        return _page(request, error=error)
    return _page(request, secret=secret)


@login_required
@require_POST
def unlink(request: HttpRequest) -> HttpResponse:
    """Part the account from its chat."""
    parted = linking.unlink(user=user_of(request))
    messages.success(request, _("The chat is parted from your account.") if parted else _("No chat was linked."))
    return redirect("telegram:telegram")


@login_required
@require_http_methods(["GET", "HEAD", "POST"])
@cache_control(private=True, no_store=True)
def confirm(request: HttpRequest, secret: str) -> HttpResponse:
    """Show which chat asks to be linked, and link it."""
    contact = linking.find_login_link(secret)
    if contact is None:
        return render(request, "telegram_link/confirm.html", {"contact": None}, status=410)
    if request.method != "POST":
        return render(request, "telegram_link/confirm.html", {"contact": contact})
    try:
        linking.confirm(user=user_of(request), secret=secret)
    except AppError as error:
        context = {"contact": contact, "error": error}
        return render(request, "telegram_link/confirm.html", context, status=error.http_status)
    messages.success(request, _("The chat is linked."))
    return redirect("telegram:telegram")


@csrf_exempt  # it shows a secret of its own, and there is no session
@require_POST
def webhook(request: HttpRequest) -> HttpResponse:
    """Keep an update that Telegram tells; whoever does not know the secret finds nothing here."""
    is_expected = settings.TELEGRAM_BOT_TOKEN and settings.TELEGRAM_WEBHOOK
    if not is_expected or not webhooks.is_telegram(request.headers.get(_SECRET_HEADER, "")):
        raise Http404
    try:
        update = json.loads(request.body[: _MAX_UPDATE_BYTES + 1])
    except ValueError:
        return HttpResponse(status=400)
    number = update.get("update_id") if isinstance(update, dict) else None
    if not isinstance(number, int) or not 0 <= number < inbox.MAX_ID:
        return HttpResponse(status=400)
    with as_server():
        inbox.store([update])
    return HttpResponse(status=200)


def _page(request: HttpRequest, *, secret: str = "", error: AppError | None = None) -> HttpResponse:
    context = {
        "contact": contacts.linked(user_of(request)),
        "has_bot": bool(settings.TELEGRAM_BOT_TOKEN),
        "bot_name": leases.bot_username(),
        "secret": secret,
        "error": error,
        "minutes": int(linking.LIVES.total_seconds() // 60),
    }
    return render(request, "telegram_link/telegram.html", context, status=error.http_status if error else 200)
