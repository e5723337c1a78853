"""Every error of the API in the one shape."""

from typing import Any

from django.core.exceptions import PermissionDenied
from django.http import Http404
from django.utils.translation import gettext as _
from rest_framework import exceptions
from rest_framework.response import Response
from rest_framework.views import exception_handler

from agentsite.common.errors import AppError, invalid_fields, not_found
from agentsite.common.requests import request_id
from agentsite.common.texts import storable

_OUR_WORDS = {"parse_error": "unreadable"}


def handle(error: Exception, context: dict[str, Any]) -> Response | None:
    """Turn what a view raised into the one shape; None lets Django answer 500."""
    identifier = request_id(context["request"]._request)  # noqa: SLF001  the id is set on Django's own request
    if isinstance(error, AppError):
        headers = {} if error.retry_after is None else {"Retry-After": str(error.retry_after)}
        return Response(error.as_json(identifier), status=error.http_status, headers=headers)
    response = exception_handler(error, context)
    if response is None:
        return None
    shown = _as_app_error(error, response.status_code)
    return Response(shown.as_json(identifier), status=response.status_code, headers=dict(response.headers))


def _as_app_error(error: Exception, status: int) -> AppError:
    if isinstance(error, exceptions.ValidationError):
        return invalid_fields(_fields(error.detail))
    if isinstance(error, Http404 | exceptions.NotFound):
        return not_found()
    if isinstance(error, exceptions.NotAuthenticated | exceptions.AuthenticationFailed):
        hint = _("Send an API key as “Authorization: Bearer …”, or log in.")
        return AppError("request.not_authenticated", _("Nobody is logged in."), hint=hint, http_status=status)
    if isinstance(error, PermissionDenied | exceptions.PermissionDenied):
        hint = _("Ask an operator for the role or the scope that this needs.")
        return AppError("request.forbidden", _("This is not allowed."), hint=hint, http_status=status)
    if isinstance(error, exceptions.Throttled):
        hint = _("Come back after the time in “Retry-After”, or ask an operator for a larger quota.")
        return AppError("quota.api_calls", _("Today's API calls are used up."), hint=hint, http_status=status)
    code = getattr(error, "default_code", "refused")
    return AppError(f"request.{_OUR_WORDS.get(code, code)}", str(getattr(error, "detail", "")), http_status=status)


def _fields(detail: object) -> dict[str, list[str]]:
    if not isinstance(detail, dict):
        return {"non_field_errors": _sentences(detail)}
    return {storable(str(name)): _sentences(value) for name, value in detail.items()}


def _sentences(value: object) -> list[str]:
    if isinstance(value, dict):
        return [f"{storable(str(name))}: {sentence}" for name, inner in value.items() for sentence in _sentences(inner)]
    if isinstance(value, list | tuple):
        return [sentence for inner in value for sentence in _sentences(inner)]
    return [storable(str(value))]
