"""The input guard: what this installation does with personal data and secrets in requests.

What is redacted is redacted before anything is stored, so nothing later has to take care; see docs/adr/0014.
"""

from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass, field
from typing import Any

from django.db import connection, transaction
from django.utils.functional import Promise
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy

from agentsite.accounts.models import User
from agentsite.accounts.runtime.table import AGENT_INPUT_GUARD
from agentsite.common.errors import AppError
from audit import services as audit
from audit.models import Category, Severity
from builds.agent.errors import AgentError
from builds.guard import detection, redaction
from builds.guard.kinds import Kind
from builds.models.build import Build
from builds.runs.progress import lasting_state

ALLOW, REDACT, BLOCK = "allow", "redact", "block"
_TEXTS = ("project_name", "requirements", "description")
_WORDS: dict[Kind, str | Promise] = {
    Kind.EMAIL: gettext_lazy("e-mail addresses"),
    Kind.PHONE: gettext_lazy("telephone numbers"),
    Kind.CARD: gettext_lazy("card numbers"),
    Kind.IBAN: gettext_lazy("bank accounts"),
    Kind.SSN: gettext_lazy("social security numbers"),
    Kind.DOCUMENT: gettext_lazy("document numbers"),
    Kind.API_KEY: gettext_lazy("keys or tokens"),
    Kind.PRIVATE_KEY: gettext_lazy("private keys"),
    Kind.PASSWORD: gettext_lazy("passwords"),
}
Found = dict[str, dict[str, int]]
"""How much of each kind, by the field's name; never what it says."""


@dataclass(frozen=True)
class Passed:
    """A request as it may be stored."""

    fields: dict[str, Any]
    found: Found = field(default_factory=dict)
    is_redacted: bool = False


def passed(user: User, fields: Mapping[str, Any], *, taken: Mapping[str, int]) -> Passed:
    """Let a request through, with placeholders where the policy wants them.

    :param taken: the highest number of each kind of placeholder in the request that this one comes from.
    :raises AppError: ``request.sensitive`` with the kinds in each field; the refusal is audited.
    """
    found = _found(dict(_texts(fields)))
    policy = AGENT_INPUT_GUARD.now()
    if not found or policy == ALLOW:
        return Passed({**fields, "redactions": dict(taken)}, found)
    if policy == BLOCK:
        raise _refusal(user, found)
    return Passed(_redacted(fields, taken), found, is_redacted=True)


def passed_text(user: User, name: str, text: str) -> tuple[str, Found]:
    """Let one text through, with placeholders where the policy wants them; return it with what was found in it.

    :raises AppError: ``request.sensitive``; the refusal is audited.
    """
    found = _found({name: text})
    policy = AGENT_INPUT_GUARD.now()
    if not found or policy == ALLOW:
        return text, found
    if policy == BLOCK:
        raise _refusal(user, found)
    redactor = redaction.Redactor({})
    redactor.reserve([text])
    return redactor.redacted(text), found


def passed_files(
    user: User, texts: Mapping[str, str], *, build: Build | None, beside: Iterable[str] = ()
) -> tuple[dict[str, str], dict[str, int]]:
    """Let what was read in files through, with placeholders where the policy wants them, and their highest numbers.

    :param beside: texts of the request, whose placeholders mean something else.
    :raises AgentError: ``attachments.sensitive`` with the names; audited.
    """
    found, policy = _found(texts), AGENT_INPUT_GUARD.now()
    taken = dict(build.redactions) if build else {}
    if not found:
        return dict(texts), taken
    if policy == BLOCK:
        _audit("request.blocked", user, found, build=build)
        raise AgentError("attachments.sensitive", names=list(found))
    with transaction.atomic():
        write_down(user, build, found, is_redacted=policy == REDACT)
    if policy == ALLOW:
        return dict(texts), taken
    redactor = redaction.Redactor(taken)
    redactor.reserve([*beside, *texts.values()])
    return {name: redactor.redacted(text) for name, text in texts.items()}, redactor.last


def passed_speech(user: User, text: str) -> tuple[str, Found]:
    """Likewise what somebody said aloud, in the place of what is written.

    :raises AgentError: ``attachments.sensitive``; audited.
    """
    try:
        return passed_text(user, "content", text)
    except AppError as refused:
        kinds = in_words({kind.value: count for kind, count in detection.count(text).items()})
        raise AgentError("attachments.sensitive", names=[kinds]) from refused


def fit_for_models(text: str) -> str | None:
    """Return a text as a model may be shown it: with placeholders, or not at all, where the policy wants that."""
    policy = AGENT_INPUT_GUARD.now()
    if policy == ALLOW or not detection.find(text):
        return text
    return redaction.without(text) if policy == REDACT else None


def check_inherited(user: User, build: Build) -> None:
    """Refuse to take over the texts of a build that was made under another policy, for they are stored as they were.

    :raises AppError: ``request.sensitive``.
    """
    if AGENT_INPUT_GUARD.now() == ALLOW:
        return
    base = lasting_state(build.run).get("base")
    texts = [build.project_name, build.requirements, build.description, *(base["requests"] if base else ())]
    found = _found({"build": "\n".join(texts)})
    if found:
        raise _refusal(user, found)


def is_kept_from_models(text: str) -> bool:
    """Say whether a stored text may not be shown to a model."""
    return AGENT_INPUT_GUARD.now() != ALLOW and bool(detection.find(text))


def write_down(user: User, build: Build | None, found: Found, *, is_redacted: bool) -> str:
    """Audit what was found in a request that is let through, in the transaction that stores it; return the action."""
    action = "request.redacted" if is_redacted else "request.sensitive_allowed"
    _audit(action, user, found, build=build)
    return action


def in_words(kinds: Mapping[str, int]) -> str:
    """Name kinds for people."""
    return ", ".join(str(words) for kind, words in _WORDS.items() if kinds.get(kind))


def _texts(fields: Mapping[str, Any]) -> Iterator[tuple[str, str]]:
    for name in _TEXTS:
        yield name, fields[name]
    yield "tags", "\n".join(fields["tags"])


def _found(texts: Mapping[str, str]) -> Found:
    counted = {name: detection.count(text) for name, text in texts.items()}
    return {name: {kind.value: count for kind, count in kinds.items()} for name, kinds in counted.items() if kinds}


def _redacted(fields: Mapping[str, Any], taken: Mapping[str, int]) -> dict[str, Any]:
    redactor = redaction.Redactor(taken)
    redactor.reserve(text for _name, text in _texts(fields))
    texts = {name: redactor.redacted(fields[name]) for name in _TEXTS}
    tags = [redactor.redacted(tag) for tag in fields["tags"]]
    return {**fields, **texts, "tags": tags, "redactions": redactor.last}


def _refusal(user: User, found: Found) -> AppError:
    refusal = AppError(
        "request.sensitive",
        _("This request holds personal data or secrets, and this installation takes none."),
        hint=_("Take out what is named here. For examples use addresses at example.com and published test numbers."),
        http_status=422,
        fields={name: [_("Found: %(kinds)s.") % {"kinds": in_words(kinds)}] for name, kinds in found.items()},
    )
    if connection.in_atomic_block:  # the refusal will undo this transaction
        refusal.afterwards = lambda: _audit("request.blocked", user, found)
    else:
        _audit("request.blocked", user, found)
    return refusal


@transaction.atomic
def _audit(action: str, user: User, found: Found, *, build: Build | None = None) -> None:
    audit.record(
        action,
        user=user,
        resource_type="build",
        resource_id=str(build.id) if build else "",
        details={"found": found},
        category=Category.COMPLIANCE,
        severity=Severity.WARNING if action == "request.blocked" else Severity.INFO,
        error="request.sensitive" if action == "request.blocked" else "",
    )
