"""JSON as it comes in."""

import json
from collections.abc import Mapping
from typing import IO, Any, NoReturn

from django.utils.translation import gettext as _
from rest_framework.exceptions import ParseError
from rest_framework.parsers import JSONParser


class BoundedJSONParser(JSONParser):
    """Read JSON as the standard has it: UTF-8, finite numbers, each name once, no deeper than Python can follow."""

    def parse(
        self,
        stream: IO[Any],
        media_type: str | None = None,  # noqa: ARG002  the framework's signature
        parser_context: Mapping[str, Any] | None = None,  # noqa: ARG002
    ) -> Any:
        """Return the document.

        :raises ParseError: it is no JSON, or too deep.
        """
        try:
            return json.loads(stream.read().decode(), parse_constant=_refused, object_pairs_hook=_each_name_once)
        except RecursionError:
            raise ParseError(_("The JSON is nested too deeply.")) from None
        except ValueError as error:
            raise ParseError(_("This is no JSON that can be read: %(why)s") % {"why": error}) from None


def _refused(constant: str) -> NoReturn:
    raise ValueError(_("%(constant)s is no number") % {"constant": constant})


def _each_name_once(pairs: list[tuple[str, Any]]) -> dict[str, Any]:
    read = dict(pairs)
    if len(read) < len(pairs):
        raise ValueError(_("a name stands twice in one object"))
    return read
