"""The pages for what went wrong: what happened, what to do, and the request's id."""

from django.http import HttpRequest, HttpResponse
from django.shortcuts import render
from django.template.loader import render_to_string

from agentsite.common.requests import request_id


def not_found(request: HttpRequest, exception: Exception) -> HttpResponse:  # noqa: ARG001  Django's signature
    """Say that there is nothing at this address, or nothing for this person."""
    return render(request, "404.html", {"request_id": request_id(request)}, status=404)


def forbidden(request: HttpRequest, exception: Exception) -> HttpResponse:  # noqa: ARG001  Django's signature
    """Say that this is not allowed."""
    return render(request, "403.html", {"request_id": request_id(request)}, status=403)


def csrf_failure(request: HttpRequest, reason: str = "") -> HttpResponse:  # noqa: ARG001  Django's signature
    """Say that a form could not be trusted: it was too old, or came from elsewhere."""
    return render(request, "403.html", {"request_id": request_id(request)}, status=403)


def server_error(request: HttpRequest) -> HttpResponse:
    """Say that something broke, without asking the database for anything."""
    return HttpResponse(render_to_string("500.html", {"request_id": request_id(request)}), status=500)
