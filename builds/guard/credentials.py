"""What secrets look like: keys of known services, private keys, passwords in addresses."""

import re

from agentsite.common import secret_shapes
from builds.guard import reserved
from builds.guard.kinds import Kind
from builds.guard.shape import Match, shape

_PRIVATE_KEY = shape(Kind.PRIVATE_KEY, rf"(?P<it>{secret_shapes.PRIVATE_KEY})")


def _is_password(match: Match) -> bool:
    return not (reserved.is_stand_in(match["it"]) or reserved.is_reserved_host(match["host"]))


_PASSWORDS = (
    shape(
        Kind.PASSWORD,
        r"(?<!\w)[A-Za-z][A-Za-z0-9+.\-]{1,20}://[^\s/:@\[\]\"'<>]{0,100}:(?P<it>[^\s/\"'<>\[\]]{1,200})@(?P<host>[\w.\-]{1,253})",
        _is_password,
    ),
    shape(
        Kind.PASSWORD,
        r"[?&](?:password|passwd|pwd|(?:access_)?token|api_?key|(?:client_)?secret)="
        r"(?P<it>(?=[^\s&]{0,199}[0-9])[^\s&#\"'<>\[\]{}$%`]{8,200})",
        lambda match: not (reserved.is_stand_in(match["it"]) or reserved.is_example_key(match["it"])),
        re.IGNORECASE,
    ),
)

_DOCUMENTED_TOKEN = "eyJzdWIiOiIxMjM0NTY3ODkwIiwibmFtZSI6IkpvaG4gRG9lIi"  # noqa: S105  which every introduction shows


def _is_key(match: Match) -> bool:
    return not reserved.is_example_key(match["it"]) and _DOCUMENTED_TOKEN not in match["it"]


_API_KEYS = (
    *(shape(Kind.API_KEY, secret_shapes.STANDS_ALONE.format(f"(?P<it>{key})"), _is_key) for key in secret_shapes.KEYS),
    shape(Kind.API_KEY, secret_shapes.AWS_SECRET, _is_key, re.IGNORECASE),
    shape(
        Kind.API_KEY,
        r"(?<!\w)bearer\s{1,3}(?P<it>(?=[^\s]{0,100}[0-9])[A-Za-z0-9._~+/\-]{20,2000}={0,2})",
        _is_key,
        re.IGNORECASE,
    ),
)

SHAPES = (_PRIVATE_KEY, *_PASSWORDS, *_API_KEYS)
