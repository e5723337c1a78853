"""Who is answered what: the patterns that most doors follow."""

from tests.access.callers import CALLERS

LOGIN = "login"
"""A redirect to the login."""


def answers(*, keys: str, **given: str) -> dict[str, str]:
    """Give people their answers; the six kinds of nobody and of keys stand in ``keys``, in order."""
    everybody = given | dict(zip(CALLERS[5:], keys.split(), strict=True))
    return {caller: everybody[caller] for caller in CALLERS}


def same(answer: str) -> dict[str, str]:
    """Give everybody the same answer."""
    return dict.fromkeys(CALLERS, answer)


def people(owner: str, reader: str, stranger: str, viewer: str, operator: str) -> dict[str, str]:
    """Name the people's answers."""
    return {"owner": owner, "reader": reader, "stranger": stranger, "viewer": viewer, "operator": operator}


OPEN = same("200") | {"revoked_key": "401", "expired_key": "401"}
"""For everybody; but who shows a key has to show a good one."""
_NO_KEYS = " ".join([LOGIN] * 6)  # pages know no keys: a program is nobody there
PAGE = answers(keys=_NO_KEYS, **people("200", "200", "200", "200", "200"))
PROVE_FIRST = answers(keys=_NO_KEYS, **people("302", "302", "302", "302", "302"))
"""A session that did not begin with a password just now is asked for it."""
PAGE_OF_A_BUILD = answers(keys=_NO_KEYS, **people("200", "200", "404", "404", "200"))
ACT_ON_A_BUILD = answers(keys=_NO_KEYS, **people("302", "404", "404", "404", "302"))
ACT_PAGE = answers(keys=_NO_KEYS, **people("200", "404", "404", "404", "200"))
FORK_PAGE = answers(keys=_NO_KEYS, **people("200", "404", "404", "404", "403"))
OWN_KEY = answers(keys=_NO_KEYS, **people("201", "404", "404", "404", "404"))
OWN_KEY_ENDS = answers(keys=_NO_KEYS, **people("302", "404", "404", "404", "404"))
MAKE_A_KEY = answers(keys=_NO_KEYS, **people("201", "201", "201", "201", "201"))

ANYBODY_CONFIRMS = PAGE
"""The chat that asks is told to whoever is logged in and has its address."""
ANYBODY_ACTS = answers(keys=_NO_KEYS, **people("302", "302", "302", "302", "302"))

_READS, _NEEDS_ADMIN = "401 200 200 401 401 403", "401 403 200 401 401 403"
API_ANYBODY = answers(keys=_READS, **people("200", "200", "200", "200", "200"))
API_READ = answers(keys=_READS, **people("200", "200", "404", "404", "200"))
API_OWN_READ = answers(keys=_READS, **people("200", "404", "404", "404", "200"))
API_CREATE = answers(keys="401 201 201 401 401 403", **people("201", "403", "201", "403", "201"))
API_ACT = answers(keys="401 201 201 401 401 403", **people("201", "404", "404", "404", "201"))
API_TICKET = answers(keys="401 201 201 401 401 403", **people("201", "201", "404", "404", "201"))
API_CANCEL = answers(keys=_READS, **people("200", "404", "404", "404", "200"))
API_FORK = answers(keys="401 201 201 401 401 403", **people("201", "404", "404", "404", "403"))
API_UNSHARE = answers(keys="401 204 204 401 401 403", **people("204", "404", "404", "404", "204"))
API_ANALYSE = answers(keys="401 202 202 401 401 403", **people("202", "403", "202", "403", "202"))
API_ACCOUNT = answers(keys=_NEEDS_ADMIN, **people("200", "200", "200", "200", "200"))
API_KEYS_MAKE = answers(keys="401 403 201 401 401 403", **people("201", "201", "201", "201", "201"))
API_OWN_KEY = answers(keys=_NEEDS_ADMIN, **people("200", "404", "404", "404", "404"))
API_KEY_ENDS = answers(keys="401 403 204 401 401 403", **people("204", "404", "404", "404", "404"))
API_KEY_ROTATES = answers(keys="401 403 201 401 401 403", **people("201", "404", "404", "404", "404"))
OWN_PAGE = answers(keys=_NO_KEYS, **people("200", "404", "404", "404", "404"))
MAKE_A_HOOK = answers(keys=_NO_KEYS, **people("201", "403", "201", "403", "201"))
API_OWN_HOOK = answers(keys=_READS, **people("200", "404", "404", "404", "404"))
API_HOOK_ENDS = answers(keys="401 204 204 401 401 403", **people("204", "404", "404", "404", "404"))
BRING_PAGE = answers(keys=_NO_KEYS, **people("302", "403", "302", "403", "302"))


ADD_TO_MEMORY = answers(keys=_NO_KEYS, **people("302", "403", "302", "403", "302"))
_REMEMBERS = "401 200 200 401 401 200"
API_MEMORY = answers(keys=_REMEMBERS, **people("200", "200", "200", "200", "200"))
API_OWN_MEMORY = answers(keys=_REMEMBERS, **people("200", "404", "404", "404", "404"))
API_SAY = answers(keys="401 201 201 401 401 403", **people("201", "404", "404", "404", "404"))
API_OWN_USAGE = answers(keys=_READS, **people("200", "404", "404", "404", "404"))
API_AGENT = answers(keys=_NEEDS_ADMIN, **people("200", "403", "200", "403", "200"))
API_CHAT_TICKET = answers(keys="401 201 201 401 401 201", **people("201", "404", "404", "404", "404"))
API_OPERATOR = answers(keys="401 403 403 401 401 403", **people("403", "403", "403", "403", "200"))
"""An admin key does what its owner may, and this owner runs nothing."""
API_HOOK_TELLS = answers(keys="401 202 202 401 401 403", **people("202", "404", "404", "404", "404"))

DEPLOY = answers(keys=_NO_KEYS, **people("400", "404", "404", "404", "403"))
"""Without a target the form comes back."""
API_DEPLOY = answers(keys="401 400 400 401 401 403", **people("400", "400", "400", "400", "400"))
"""Of no build: the answer to a good request is in tests/deployments/test_api.py."""
CLONES = answers(keys="401 404 404 401 401 401", **people("404", "404", "404", "404", "404"))
"""There is a target of the owner's, and no repository yet; a real one is cloned in tests/deployments."""
