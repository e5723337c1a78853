"""The pages' doors for those a build is shared with, and for sharing it."""

from collections.abc import Callable
from functools import wraps
from typing import Any, cast
from uuid import UUID

from django.contrib import messages
from django.contrib.auth.decorators import login_required
from django.contrib.auth.views import redirect_to_login
from django.http import Http404, HttpRequest, HttpResponse
from django.shortcuts import redirect
from django.utils.translation import gettext as _
from django.views.decorators.cache import cache_control
from django.views.decorators.http import require_GET, require_POST

from agentsite.accounts.models import User
from agentsite.common.errors import AppError
from builds import selectors, sharing
from builds.forms import ShareForm
from builds.models.build import Build


def readable(view: Callable[..., HttpResponse]) -> Callable[..., HttpResponse]:
    """Hand the build to a view that whoever may read it may see; others find nothing, or the login."""

    @wraps(view)
    def found(request: HttpRequest, build_id: UUID, **more: Any) -> HttpResponse:
        build = sharing.find_readable(request.user, request.session, build_id)
        if build is not None:
            return view(request, build, **more)
        if not request.user.is_authenticated:
            return redirect_to_login(request.get_full_path())
        raise Http404

    return found


@require_GET
@cache_control(private=True, no_store=True)
def shared(request: HttpRequest, token: str) -> HttpResponse:
    """Let whoever has a link read its build."""
    build_id = sharing.open_link(request.session, token, by=request.user)
    if build_id is None:
        raise Http404
    return redirect("builds:detail", build_id=build_id)


@login_required
@require_POST
def share(request: HttpRequest, build_id: UUID) -> HttpResponse:
    """Share a build with somebody, or by a link, which is told this once."""
    build, form = _own(request, build_id), ShareForm(request.POST)
    if not form.is_valid():
        messages.error(
            request, _("Nothing was shared: choose for how long, and give a name of at most 150 characters.")
        )
        return redirect(build)
    try:
        made = sharing.share_build(user=cast("User", request.user), build=build, **form.cleaned_data)
    except AppError as error:
        sentences = [sentence for each in error.fields.values() for sentence in each]
        messages.error(request, " ".join(sentences) or f"{error.message} {error.hint}")
    else:
        messages.success(request, _told(request, made))
    return redirect(build)


@login_required
@require_POST
def unshare(request: HttpRequest, build_id: UUID, share_id: int) -> HttpResponse:
    """End a share."""
    build = _own(request, build_id)
    found = sharing.shares_of(build).filter(pk=share_id).first()
    if found is None:
        raise Http404
    sharing.unshare(user=cast("User", request.user), share=found)
    messages.success(request, _("The share is ended."))
    return redirect(build)


def _told(request: HttpRequest, made: sharing.NewShare) -> str:
    if not made.token:
        return _("%(name)s can read this build now.") % {"name": made.share.user}
    link = request.build_absolute_uri(made.path)
    return _("Whoever has this link can read the build; it is shown this once: %(link)s") % {"link": link}


def _own(request: HttpRequest, build_id: UUID) -> Build:
    build = selectors.find_build(cast("User", request.user), build_id)
    if build is None:
        raise Http404
    return build
