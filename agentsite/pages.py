"""The answers for what went wrong: what happened, what to do, and the request's id; JSON for programs."""

import sys

from django.core.exceptions import RequestDataTooBig
from django.db import InterfaceError, OperationalError
from django.http import HttpRequest, HttpResponse, JsonResponse
from django.shortcuts import render
from django.template.loader import render_to_string
from django.utils.translation import gettext as _

from agentsite.common import errors
from agentsite.common.errors import AppError
from agentsite.common.requests import request_id

_RETRY_SECONDS = 5


def not_found(request: HttpRequest, exception: Exception) -> HttpResponse:  # noqa: ARG001  Django's signature
    """Say that there is nothing at this address, or nothing for this person."""
    return _for_programs(request, errors.not_found()) or render(request, "404.html", _context(request), status=404)


def bad_request(request: HttpRequest, exception: Exception) -> HttpResponse:
    """Say that the request could not be read, or was too large."""
    is_too_large = isinstance(exception, RequestDataTooBig)
    message = _("This is more than the server takes.") if is_too_large else _("This request cannot be read.")
    status = 413 if is_too_large else 400
    code = "request.too_large" if is_too_large else "request.unreadable"
    error = AppError(code, message, hint=_("Send less, or check the address."), http_status=status)
    answer = _for_programs(request, error)
    return answer or HttpResponse(render_to_string("400.html", _context(request)), status=status)


def forbidden(request: HttpRequest, exception: Exception) -> HttpResponse:  # noqa: ARG001  Django's signature
    """Say that this is not allowed."""
    return render(request, "403.html", _context(request), status=403)


def csrf_failure(request: HttpRequest, reason: str = "") -> HttpResponse:  # noqa: ARG001  Django's signature
    """Say that a form could not be trusted: it was too old, or came from elsewhere."""
    return render(request, "403.html", _context(request), status=403)


def server_error(request: HttpRequest) -> HttpResponse:
    """Say that something broke, or that the database is away, without asking it for anything."""
    if isinstance(sys.exc_info()[1], OperationalError | InterfaceError):
        return _database_away(request)
    hint = _("Try again; if it happens again, tell the operator the request's id.")
    error = AppError("platform.error", _("Something went wrong inside Agentsite."), hint=hint, http_status=500)
    return _for_programs(request, error) or HttpResponse(render_to_string("500.html", _context(request)), status=500)


def _database_away(request: HttpRequest) -> HttpResponse:
    hint = _("Nothing is lost. Try again in some seconds.")
    error = AppError("platform.database_away", _("The database does not answer."), hint=hint, http_status=503)
    page = HttpResponse(render_to_string("503.html", _context(request)), status=503)
    answer = _for_programs(request, error) or page
    answer["Retry-After"] = str(_RETRY_SECONDS)
    return answer


def _for_programs(request: HttpRequest, error: AppError) -> HttpResponse | None:
    if not request.path.startswith("/api/"):
        return None
    return JsonResponse(error.as_json(request_id(request)), status=error.http_status)


def _context(request: HttpRequest) -> dict[str, str]:
    return {"request_id": request_id(request)}
