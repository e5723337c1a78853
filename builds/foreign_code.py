"""What code that was not built here may be; one rule for every door."""

from collections import Counter
from collections.abc import Callable, Mapping, Sequence
from typing import TypedDict

from django.utils.functional import Promise
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy

from agentsite.common.errors import AppError, invalid, invalid_fields
from builds import validation
from builds.agent.errors import AgentError
from builds.agent.languages import LANGUAGES
from builds.agent.tree import MAX_FILE_BYTES, MAX_FILES, MAX_PATH_LENGTH, MAX_TREE_BYTES, check_tree
from builds.models.analysis import CodeAnalysis
from builds.toolchains import registry

_MIB = 1 << 20
RULES: Mapping[str, str | Promise] = {
    "empty": gettext_lazy("it is empty"),
    "too_long": gettext_lazy("it is longer than 200 characters"),
    "windows": gettext_lazy("Windows reads it as something else"),
    "absolute": gettext_lazy("it has to be relative"),
    "too_deep": gettext_lazy("it lies more than 8 levels deep"),
    "traversal": gettext_lazy("a part of it is empty, “.” or “..”"),
    "hidden": gettext_lazy("a part of it begins with a dot"),
    "characters": gettext_lazy("only letters from A to Z, digits, “.”, “_” and “-” can be used"),
    "leading_dash": gettext_lazy("a part of it begins with “-”"),
    "trailing_dot": gettext_lazy("a part of it ends with a dot"),
    "forbidden": gettext_lazy("some programs run or read every file of this name"),
}
"""What is wrong with a path, by the rule that it breaks; see ``builds.agent.tree``."""


class GivenFile(TypedDict):
    """One file as it was sent in."""

    path: str
    content: str


class CheckedCode(TypedDict):
    """Fields of an analysis."""

    language: str
    code_to_analyze: str
    files: dict[str, str]
    size_bytes: int


def checked_code(*, language: str, code: str | None, files: Sequence[GivenFile] | None) -> CheckedCode:
    """Return the fields of an analysis, with every line ending a single LF.

    :raises AppError: ``request.invalid`` with a sentence for the field that cannot be used.
    """
    try:
        known = validation.offered_language(language)
    except ValueError as error:
        raise invalid(language=str(error)) from None
    if (code is None) == (files is None):
        either = [_("Give either “code” or “files”.")]
        raise invalid_fields({"code": either, "files": either} if code is not None else {"files": either})
    if code is not None:
        return _text(known, code)
    return _files(known, files or ())


def tree_of(analysis: CodeAnalysis) -> dict[str, str]:
    """Return what was sent in, ordered by path; nothing for the analysis of a build, which has its own files."""
    if analysis.build_id is not None:
        return {}
    return dict(sorted(analysis.files.items())) or {_name(analysis.language): analysis.code_to_analyze}


def _text(language: str, code: str) -> CheckedCode:
    if not code.strip():
        raise invalid(code=_("There is no code."))
    name = _name(language)
    try:
        text = check_tree({name: code})[name]
    except AgentError as error:
        raise invalid(code=_sentence(error)) from None
    return CheckedCode(language=language, code_to_analyze=text, files={}, size_bytes=len(text.encode()))


def _files(language: str, files: Sequence[GivenFile]) -> CheckedCode:
    if twice := _twice(files):
        raise invalid(files=_sentence(AgentError("files.collision", path=twice)))
    try:
        tree = check_tree({file["path"]: file["content"] for file in files})
    except AgentError as error:
        raise invalid(files=_sentence(error)) from None
    if not registry.CODE[language](tree):
        raise _nothing_to_judge(language)
    size = sum(len(text.encode()) for text in tree.values())
    return CheckedCode(language=language, code_to_analyze="", files=tree, size_bytes=size)


def _name(language: str) -> str:
    return f"main{LANGUAGES[language].endings[0]}"


def _twice(files: Sequence[GivenFile]) -> str:
    counted = Counter(file["path"] for file in files)
    return next((path for path, count in counted.items() if count > 1), "")


def _nothing_to_judge(language: str) -> AppError:
    endings = ", ".join(LANGUAGES[language].endings)
    return invalid(
        files=_("There is nothing to judge here: send code in files that end in %(endings)s and are no tests.")
        % {"endings": endings}
    )


def _sentence(error: AgentError) -> str:
    details = {name: str(value)[:MAX_PATH_LENGTH] for name, value in error.details.items()}
    return _SENTENCES[error.code](details)


def _unsafe(details: Mapping[str, str]) -> str:
    why = RULES[details["rule"]]
    return _("“%(path)s” cannot be used as a path: %(why)s.") % {"path": details["path"], "why": why}


def _too_large(details: Mapping[str, str]) -> str:
    if details["path"]:
        return _("“%(path)s” is larger than %(most)d MiB.") % {
            "path": details["path"],
            "most": MAX_FILE_BYTES // _MIB,
        }
    return _("All files together are larger than %(most)d MiB.") % {"most": MAX_TREE_BYTES // _MIB}


_SENTENCES: Mapping[str, Callable[[Mapping[str, str]], str]] = {
    "files.unsafe_path": _unsafe,
    "files.too_large": _too_large,
    "files.too_many": lambda _details: _("At most %(most)d files can be sent.") % {"most": MAX_FILES},
    "files.binary": lambda details: _("“%(path)s” holds what is not text.") % {"path": details["path"]},
    "files.collision": lambda details: _("“%(path)s” clashes with another file's name.") % {"path": details["path"]},
}
