"""What an answer is written in."""

from collections.abc import Iterable, Sequence

from rest_framework.negotiation import BaseContentNegotiation
from rest_framework.parsers import BaseParser
from rest_framework.renderers import BaseRenderer
from rest_framework.request import Request


class FileNegotiation(BaseContentNegotiation):
    """Hand out a file or a stream as what it is, whatever was asked for; what goes wrong is told in JSON."""

    def select_parser(self, request: Request, parsers: Iterable[BaseParser]) -> BaseParser:  # noqa: ARG002
        """Return the only parser."""
        return next(iter(parsers))

    def select_renderer(  # type: ignore[override]  # the stubs have lists
        self,
        request: Request,  # noqa: ARG002  the framework's signature
        renderers: Sequence[BaseRenderer],
        format_suffix: str | None = None,  # noqa: ARG002
    ) -> tuple[BaseRenderer, str]:
        """Return the first renderer, for refusals."""
        return renderers[0], renderers[0].media_type
