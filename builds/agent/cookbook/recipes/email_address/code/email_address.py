"""Check the form of e-mail addresses, without asking any server."""

import re

_MAX_LOCAL = 64
_MAX_DOMAIN = 253
_MIN_LABELS = 2
_LOCAL_PART = re.compile(r"[A-Za-z0-9!#$%&'*+/=?^_`{|}~-]+")
_LABEL = re.compile(r"[A-Za-z0-9](?:[A-Za-z0-9-]{0,61}[A-Za-z0-9])?")
_TOP_LABEL = re.compile(r"[A-Za-z]{2,63}|xn--[A-Za-z0-9-]{1,59}", re.IGNORECASE)


def is_valid_email(address: str) -> bool:
    """Tell whether a text has the usual form ``name@domain.tld``.

    Quoted names, comments and addresses in brackets are not accepted.
    """
    local, at, domain = address.rpartition("@")
    return bool(at) and _is_local_part(local) and _is_domain(domain)


def normalise_email(address: str) -> str:
    """Trim an address and write its domain in lower case.

    :raises ValueError: the address is not valid.
    """
    trimmed = address.strip()
    if not is_valid_email(trimmed):
        raise ValueError("not a valid e-mail address")
    local, _, domain = trimmed.rpartition("@")
    return f"{local}@{domain.lower()}"


def _is_local_part(local: str) -> bool:
    atoms = local.split(".")
    return len(local) <= _MAX_LOCAL and all(map(_LOCAL_PART.fullmatch, atoms))


def _is_domain(domain: str) -> bool:
    labels = domain.split(".")
    if len(domain) > _MAX_DOMAIN or len(labels) < _MIN_LABELS:
        return False
    return bool(_TOP_LABEL.fullmatch(labels[-1])) and all(map(_LABEL.fullmatch, labels))
