"""The doors of files on pages. Each view calls one service."""

from uuid import UUID

from django.contrib import messages
from django.contrib.auth.decorators import login_required
from django.http import Http404, HttpRequest, HttpResponse
from django.shortcuts import redirect
from django.utils.http import url_has_allowed_host_and_scheme
from django.utils.translation import gettext as _
from django.views.decorators.http import require_POST, require_safe

from memory.attachments import handing_out, selectors, services
from memory.models.attachment import Attachment
from memory.views import user_of


@login_required
@require_safe
def attachment(request: HttpRequest, attachment_id: UUID) -> HttpResponse:
    """Hand a file out, to be saved."""
    return handing_out.download(_attachment(request, attachment_id), to=user_of(request))


@login_required
@require_POST
def delete_attachment(request: HttpRequest, attachment_id: UUID) -> HttpResponse:
    """Delete a file with what was read in it."""
    found = _attachment(request, attachment_id)
    services.delete(user=user_of(request), attachment=found)
    messages.success(request, _("“%(name)s” is deleted.") % {"name": found.name})
    return redirect(_next(request))


def _next(request: HttpRequest) -> str:
    """Return where the button was; the list of conversations for an address that is none of this site."""
    wanted = request.POST.get("next", "")
    is_ours = url_has_allowed_host_and_scheme(wanted, {request.get_host()}, require_https=request.is_secure())
    return wanted if is_ours and wanted.startswith("/") else "memory:history"


def _attachment(request: HttpRequest, attachment_id: UUID) -> Attachment:
    found = selectors.find(user_of(request), attachment_id)
    if found is None:
        raise Http404
    return found
