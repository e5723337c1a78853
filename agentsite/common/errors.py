"""The one error that every door knows how to show."""

from collections.abc import Callable, Mapping

from django.utils.functional import Promise
from django.utils.translation import gettext as _

Text = str | Promise


class AppError(Exception):
    """Refuse a request with a stable code and a sentence that says what to do.

    :param code: dotted and never changed once released.
    :param fields: messages by field name, for forms.
    :param retry_after: the seconds after which to come back, where time alone helps.
    """

    def __init__(
        self,
        code: str,
        message: Text,
        *,
        hint: Text = "",
        http_status: int = 400,
        fields: Mapping[str, list[str]] | None = None,
        retry_after: int | None = None,
    ) -> None:
        super().__init__(code)
        self.code = code
        self.message = message
        self.hint = hint
        self.http_status = http_status
        self.fields = dict(fields or {})
        self.retry_after = retry_after
        self.afterwards: Callable[[], None] | None = None
        """What is left to do when the transaction that this refusal undoes is over."""

    def as_json(self, request_id: str = "") -> dict[str, object]:
        """Return the one shape on the wire."""
        body: dict[str, object] = {"code": self.code, "message": str(self.message), "hint": str(self.hint)}
        if self.fields:
            body["fields"] = self.fields
        return {"error": body | {"request_id": request_id}}


def not_found() -> AppError:
    """Return the refusal of what is about nothing that is there."""
    return AppError("request.not_found", _("There is nothing here."), hint=_("Check the address."), http_status=404)


def invalid(**fields: str) -> AppError:
    """Return the refusal of a request, with a sentence for each field that cannot be used."""
    return invalid_fields({name: [sentence] for name, sentence in fields.items()})


def invalid_fields(fields: Mapping[str, list[str]]) -> AppError:
    """Return the refusal of a request, with all sentences for each field that cannot be used."""
    return AppError(
        "request.invalid",
        _("Some of what was sent cannot be used."),
        hint=_("Correct the fields listed here and send it again."),
        fields=fields,
    )
