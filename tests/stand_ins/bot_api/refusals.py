"""What the Bot API says when it does not do something."""

from typing import Any

Json = dict[str, Any]


class Refused(Exception):
    """The call was not done; this is the answer."""

    def __init__(self, status: int, description: str, retry_after: int = 0) -> None:
        super().__init__(description)
        self.status = status
        self.description = description
        self.retry_after = retry_after

    def wire(self) -> Json:
        """Return the body of the answer."""
        body: Json = {"ok": False, "error_code": self.status, "description": self.description}
        return body | ({"parameters": {"retry_after": self.retry_after}} if self.retry_after else {})


def bad_request(reason: str) -> Refused:
    """Refuse what was asked in a wrong way."""
    return Refused(400, f"Bad Request: {reason}")


def forbidden(reason: str) -> Refused:
    """Refuse what the bot may not do."""
    return Refused(403, f"Forbidden: {reason}")


def conflict(reason: str) -> Refused:
    """Refuse what stands against something else of the same bot."""
    return Refused(409, f"Conflict: {reason}")


def too_many(seconds: int) -> Refused:
    """Ask the bot to wait."""
    return Refused(429, f"Too Many Requests: retry after {seconds}", seconds)


UNAUTHORIZED = (401, "Unauthorized")
NOT_FOUND = (404, "Not Found")
SERVER_ERROR = (500, "Internal Server Error")
