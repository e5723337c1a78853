"""What a request for a build may hold; one rule for every door."""

from collections.abc import Callable, Mapping, Sequence
from decimal import Decimal
from typing import Any
from uuid import UUID

from django.utils.translation import gettext as _

from agentsite.common.errors import invalid_fields
from agentsite.common.texts import holds_controls, reorders
from builds import offered
from builds.agent.errors import AgentError
from builds.agent.llm.choose import parse_model

MAX_NAME = 255
MAX_REQUIREMENTS = 20_000
MAX_DESCRIPTION = 20_000
MAX_TAGS = 20
MAX_TAG = 50
MAX_MODEL = 200
MAX_EXCLUDED = 100
MAX_BUDGET = Decimal(10_000)


def checked_request(
    *,
    project_name: str,
    requirements: str,
    description: str,
    language: str,
    tags: Sequence[str],
    budget_usd: Decimal | None,
    model: str,
    use_memory: bool = True,
    excluded_memory: Sequence[object] = (),
) -> dict[str, Any]:
    """Return the fields of a build, cleaned.

    :raises AppError: ``request.invalid`` with a sentence for each field that cannot be used.
    """
    problems: dict[str, list[str]] = {}

    def take(name: str, check: Callable[[], Any]) -> Any:
        try:
            return check()
        except ValueError as error:
            problems[name] = [str(error)]
            return None

    fields = {
        "project_name": take("project_name", lambda: _line(project_name, MAX_NAME)),
        "requirements": take("requirements", lambda: _text(requirements, MAX_REQUIREMENTS, is_required=True)),
        "description": take("description", lambda: _text(description, MAX_DESCRIPTION, is_required=False)),
        "language": take("language", lambda: offered_language(language)),
        "tags": take("tags", lambda: _tags(tags)),
        "budget_usd": take("budget_usd", lambda: _budget(budget_usd)),
        "wanted_model": take("model", lambda: _model(model)),
        "use_memory": use_memory,
        "excluded_memory": take("excluded_memory", lambda: _identifiers(excluded_memory)),
    }
    if problems:
        raise invalid_fields(problems)
    return fields


def check_lengths(fields: Mapping[str, Any]) -> None:
    """Check that texts which were changed after they were checked still fit.

    :raises AppError: ``request.invalid``.
    """
    longest = {"project_name": MAX_NAME, "requirements": MAX_REQUIREMENTS, "description": MAX_DESCRIPTION}
    texts = {name: [(fields[name], most)] for name, most in longest.items()}
    texts["tags"] = [(tag, MAX_TAG) for tag in fields["tags"]]
    problems = {
        name: [_too_long(text, most) for text, most in parts if len(text) > most] for name, parts in texts.items()
    }
    if any(problems.values()):
        raise invalid_fields({name: sentences for name, sentences in problems.items() if sentences})


def _text(value: str, longest: int, *, is_required: bool) -> str:
    text = value.replace("\r\n", "\n").replace("\r", "\n").strip()
    if holds_controls(text, allowed="\n\t"):
        raise ValueError(_("This holds characters that are not text. Remove control characters and try again."))
    if is_required and not text:
        raise ValueError(_("Say what is to be built."))
    if len(text) > longest:
        raise ValueError(_too_long(text, longest))
    return text


def _too_long(text: str, longest: int) -> str:
    return _("This is %(length)d characters long; at most %(longest)d are allowed.") % {
        "length": len(text),
        "longest": longest,
    }


def _line(value: str, longest: int) -> str:
    text = " ".join(_text(value, longest, is_required=False).split())
    if not text:
        raise ValueError(_("Give it a name."))
    if reorders(text):
        raise ValueError(_("This holds characters that turn text around. Remove them and try again."))
    return text


def offered_language(value: str) -> str:
    """Return a language's name.

    :raises ValueError: with a sentence, for one that is not offered here.
    """
    name = value.lower()
    if offered.is_offered(name):
        return name
    languages = offered.offered_languages()
    if reason := offered.reason_against(name):
        raise ValueError(
            _("This language is not offered: %(reason)s. Choose one of: %(languages)s.")
            % {"reason": reason, "languages": ", ".join(languages)}
        )
    raise ValueError(
        _("This language is not offered. Choose one of: %(languages)s.") % {"languages": ", ".join(languages)}
    )


def _tags(values: Sequence[str]) -> list[str]:
    tags = list(dict.fromkeys(_line(str(value), MAX_TAG) for value in values if str(value).strip()))
    if len(tags) > MAX_TAGS:
        raise ValueError(_("At most %(most)d tags are allowed.") % {"most": MAX_TAGS})
    return tags


def _identifiers(values: Sequence[object]) -> list[str]:
    if len(values) > MAX_EXCLUDED:
        raise ValueError(_("At most %(most)d passages and builds can be left out.") % {"most": MAX_EXCLUDED})
    try:
        return sorted({str(UUID(str(value))) for value in values})
    except ValueError:
        raise ValueError(_("Give the identifiers of passages or of builds.")) from None


def _budget(value: Decimal | None) -> Decimal | None:
    if value is not None and not (value.is_finite() and 0 <= value <= MAX_BUDGET):
        raise ValueError(_("Give an amount from 0 to %(most)s.") % {"most": MAX_BUDGET})
    return value


def _model(value: str) -> str:
    if not value.strip():
        return ""
    try:
        parsed = parse_model(_line(value, MAX_MODEL))
    except AgentError:
        raise ValueError(_("Give provider:name; the providers are ollama, openai, anthropic and cookbook.")) from None
    return f"{parsed.provider}:{parsed.name}"
