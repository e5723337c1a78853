"""What the OpenAPI document says of every operation, so that a client written from it alone works."""

from typing import Any, cast

from drf_spectacular.extensions import OpenApiAuthenticationExtension
from drf_spectacular.openapi import AutoSchema
from drf_spectacular.types import OpenApiTypes
from drf_spectacular.utils import OpenApiParameter, OpenApiResponse

from agentsite.accounts import idempotency
from agentsite.accounts.api.base import ApiViewSet
from agentsite.accounts.permissions import scope_of
from agentsite.common import api_headers
from agentsite.common.negotiation import FileNegotiation
from agentsite.common.serializers import ErrorSerializer

_ALWAYS = {
    401: OpenApiResponse(ErrorSerializer, "Nobody is logged in, or the key is not good."),
    403: OpenApiResponse(ErrorSerializer, "Not allowed: the role or the key's scope is missing."),
    406: OpenApiResponse(ErrorSerializer, "`Accept` leaves nothing out of what this operation can answer."),
    429: OpenApiResponse(ErrorSerializer, "The day's API calls are used up; `Retry-After` says when to come back."),
    503: OpenApiResponse(
        ErrorSerializer, "The database is away, or submissions are paused; `Retry-After` says when to come back."
    ),
}
_POST = {
    409: OpenApiResponse(ErrorSerializer, "What is there now does not allow it."),
    415: OpenApiResponse(ErrorSerializer, "Only JSON is understood."),
    422: OpenApiResponse(
        ErrorSerializer,
        "The `Idempotency-Key` was used for another request, or the request holds what is not taken here.",
    ),
    400: OpenApiResponse(ErrorSerializer, "Some of what was sent cannot be used."),
    413: OpenApiResponse(ErrorSerializer, "What was sent is too large."),
}
_ABSENT = OpenApiResponse(ErrorSerializer, "There is nothing here, or nothing of the caller's.")
_NO_CURSOR = OpenApiResponse(ErrorSerializer, "The cursor was not given out for this list.")
_UNCHANGED = OpenApiResponse(None, "Nothing has changed since the answer with this `ETag`.")
_KNOWN = OpenApiParameter(
    "If-None-Match",
    OpenApiTypes.STR,
    OpenApiParameter.HEADER,
    description="The `ETag` of an answer that is there already.",
)
_KEY = OpenApiParameter(
    idempotency.HEADER,
    OpenApiTypes.STR,
    OpenApiParameter.HEADER,
    description="Sent again with the same body within 24 hours it gives the same answer and does nothing twice.",
)
_ORDINARY = {"list", "create", "retrieve", "update", "partial_update", "destroy", None}
_UUID = "^[0-9a-f]{8}(?:-[0-9a-f]{4}){3}-[0-9a-f]{12}$"


class ApiSchema(AutoSchema):
    """Add to each operation what all have in common: scope, key for repetition, refusals."""

    def get_description(self) -> str:  # type: ignore[override]  # as the library's own
        """Name the scope that a key needs."""
        described: str = super().get_description()
        scope = scope_of(self.view, self.method)
        return f"{described}\n\nA key needs the scope `{scope.value}`." if scope else described

    def get_operation_id(self) -> str:
        """Call what a view does beyond the ordinary by its own name: ``builds_cancel``, without a verb of HTTP."""
        if getattr(self.view, "action", None) in _ORDINARY:
            return str(super().get_operation_id())
        return "_".join(token.replace("-", "_") for token in self._tokenize_path())

    def get_override_parameters(self) -> list[Any]:
        """Offer the key of a repeatable POST, and the ``ETag`` of a read."""
        given = list(super().get_override_parameters())
        return [*given, *{"POST": [_KEY], "GET": [_KNOWN]}.get(self.method, [])] if self._is_ours else given

    def get_operation(self, *args: Any, **kwargs: Any) -> dict[str, Any] | None:
        """Say which refusals every operation may give, and the headers of each answer."""
        operation: dict[str, Any] | None = super().get_operation(*args, **kwargs)
        if operation is None or not self._is_ours:
            return operation
        answers: dict[str, Any] = operation["responses"]
        for code, refusal in self._refusals().items():
            answers.setdefault(str(code), self._described(refusal, code))
        for status, answer in answers.items():
            answer["headers"] = answer.get("headers", {}) | api_headers.of_answer(self.method, int(status))
        for parameter in operation.get("parameters", ()):
            _tidy(parameter)
        operation["responses"] = dict(sorted(answers.items()))
        return operation

    def _described(self, refusal: OpenApiResponse, code: int) -> Any:
        return cast("Any", self)._get_response_for_code(refusal, str(code))  # noqa: SLF001  the library's untyped own

    def _refusals(self) -> dict[int, OpenApiResponse]:
        refusals = _ALWAYS | (_POST if self.method == "POST" else {})
        if self.method == "PATCH":
            refusals |= {code: _POST[code] for code in (400, 413, 415)}
        asked = {parameter["name"] for parameter in self._get_parameters() if parameter["in"] == "query"}
        if asked:
            refusals |= {400: _POST[400]}
        if "cursor" in asked:
            refusals |= {404: _NO_CURSOR}
        if self.method == "GET":
            refusals |= {304: _UNCHANGED}
        if self.view.content_negotiation_class is FileNegotiation:
            del refusals[406]
        return refusals | ({404: _ABSENT} if "{" in self.path else {})

    @property
    def _is_ours(self) -> bool:
        return isinstance(self.view, ApiViewSet)


def _tidy(parameter: dict[str, Any]) -> None:
    """Say what a value is, instead of how the framework looks for it."""
    schema: dict[str, Any] = parameter["schema"]
    if schema.get("pattern") == _UUID:
        parameter["schema"] = {"type": "string", "format": "uuid"}
    if "enum" in schema:
        schema.pop("minLength", None)
        if parameter.get("description", "").startswith("* `"):
            del parameter["description"]  # it only repeats the words


class ApiKeyScheme(OpenApiAuthenticationExtension):  # type: ignore[no-untyped-call]  # the library has no types here
    """Describe the key."""

    target_class = "agentsite.accounts.authentication.ApiKeyAuthentication"
    name = "apiKey"

    def get_security_definition(self, auto_schema: object) -> dict[str, str]:  # noqa: ARG002  the library's signature
        """Return the OpenAPI security scheme."""
        return {"type": "http", "scheme": "bearer", "description": "An API key; each operation names its scope."}
