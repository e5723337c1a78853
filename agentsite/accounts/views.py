"""The account's pages. Each view calls one service."""

from typing import cast

from allauth.account.decorators import reauthentication_required
from django.contrib import messages
from django.contrib.auth import logout
from django.contrib.auth.decorators import login_required
from django.http import Http404, HttpRequest, HttpResponse
from django.shortcuts import redirect, render
from django.utils.translation import gettext as _
from django.views.decorators.cache import cache_control
from django.views.decorators.http import require_GET, require_http_methods, require_POST

from agentsite.accounts import closing, invitations, keys
from agentsite.accounts.forms import KeyForm
from agentsite.accounts.models import ApiKey, User
from agentsite.common.errors import AppError

_MOST_SHOWN = 100


@login_required
@require_http_methods(["GET", "HEAD", "POST"])
@cache_control(private=True, no_store=True)
def api_keys(request: HttpRequest) -> HttpResponse:
    """List keys, and make one; its secret is on the page that answers, and on no other."""
    if request.method != "POST":
        return _keys_page(request, KeyForm())
    form = KeyForm(request.POST)
    if not form.is_valid():
        return _keys_page(request, form, status=400)
    try:
        made = keys.create_api_key(user=_user(request), **form.wanted())
    except AppError as error:
        form.take_errors(error)
        return _keys_page(request, form, error=error, status=error.http_status)
    return _keys_page(request, KeyForm(), made=made, status=201)


@login_required
@require_POST
def revoke(request: HttpRequest, key_id: int) -> HttpResponse:
    """End a key."""
    key = _key(request, key_id)
    keys.revoke_api_key(user=_user(request), key=key)
    messages.success(request, _("“%(name)s” opens nothing any more.") % {"name": key.name})
    return redirect("accounts:keys")


@login_required
@require_POST
@cache_control(private=True, no_store=True)
def rotate(request: HttpRequest, key_id: int) -> HttpResponse:
    """Replace a key; the old one works for another day."""
    try:
        made = keys.rotate_api_key(user=_user(request), key=_key(request, key_id))
    except AppError as error:
        messages.error(request, f"{error.message} {error.hint}")
        return redirect("accounts:keys")
    return _keys_page(request, KeyForm(), made=made, status=201)


@login_required
@reauthentication_required  # type: ignore[untyped-decorator]  # the library has no types
@require_http_methods(["GET", "HEAD", "POST"])
@cache_control(private=True, no_store=True)
def close(request: HttpRequest) -> HttpResponse:
    """Offer to take one's data along, and to delete the account; who asks proves first who they are."""
    if request.method != "POST":
        return render(request, "accounts/close.html")
    try:
        closing.close_account(user=_user(request), typed_name=request.POST.get("typed_name", ""))
    except AppError as error:
        return render(request, "accounts/close.html", {"error": error}, status=error.http_status)
    logout(request)
    messages.success(request, _("The account and everything in it is deleted."))
    return redirect("account_login")


@require_GET
@cache_control(private=True, no_store=True)
def invitation(request: HttpRequest, token: str) -> HttpResponse:
    """Lead somebody who was invited to the form for a new account."""
    try:
        invitations.take_up(request, token)
    except AppError as error:
        messages.error(request, f"{error.message} {error.hint}")
        return redirect("account_login")
    return redirect("account_signup")


def _keys_page(
    request: HttpRequest,
    form: KeyForm,
    *,
    made: keys.NewKey | None = None,
    error: AppError | None = None,
    status: int = 200,
) -> HttpResponse:
    context = {"form": form, "made": made, "error": error, "keys": keys.keys_of(_user(request))[:_MOST_SHOWN]}
    return render(request, "accounts/keys.html", context, status=status)


def _key(request: HttpRequest, key_id: int) -> ApiKey:
    key = keys.keys_of(_user(request)).filter(pk=key_id).first()
    if key is None:
        raise Http404
    return key


def _user(request: HttpRequest) -> User:
    return cast("User", request.user)
