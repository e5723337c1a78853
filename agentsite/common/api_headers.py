"""The headers of the API's answers, as the OpenAPI document describes them."""

from http import HTTPStatus
from typing import Any


def _header(description: str, schema: dict[str, Any]) -> dict[str, Any]:
    return {"description": description, "schema": schema}


_TEXT: dict[str, Any] = {"type": "string"}
_COUNT: dict[str, Any] = {"type": "integer", "minimum": 0}
HEADERS: dict[str, dict[str, Any]] = {
    "X-Request-Id": _header("Finds the request in the server's log.", _TEXT),
    "RateLimit-Limit": _header("API calls a day (UTC).", _COUNT),
    "RateLimit-Remaining": _header("API calls that are left today.", _COUNT),
    "RateLimit-Reset": _header("Seconds until the next day begins.", _COUNT),
    "Retry-After": _header("Seconds after which to come back.", _COUNT),
    "WWW-Authenticate": _header("The scheme to log in with.", _TEXT),
    "Location": _header("The address of what was made.", {"type": "string", "format": "uri-reference"}),
    "Idempotency-Replayed": _header(
        "`true` when this answer was given before and nothing was done again.", {"type": "string", "enum": ["true"]}
    ),
    "ETag": _header("Send it as `If-None-Match` to learn whether anything changed.", _TEXT),
}
_BY_STATUS = {401: ["WWW-Authenticate"], 429: ["Retry-After"], 503: ["Retry-After"], 201: ["Location"]}
_QUOTA = ["RateLimit-Limit", "RateLimit-Remaining", "RateLimit-Reset"]


def of_answer(method: str, status: int) -> dict[str, dict[str, str]]:
    """Return references to the headers that an answer may carry."""
    names = ["X-Request-Id", *([] if status == HTTPStatus.UNAUTHORIZED else _QUOTA), *_BY_STATUS.get(status, [])]
    if method == "GET" and status in {200, 304}:
        names.append("ETag")
    if method == "POST" and status < HTTPStatus.MULTIPLE_CHOICES:
        names.append("Idempotency-Replayed")
    return {name: {"$ref": f"#/components/headers/{name}"} for name in sorted(names)}
