"""Getting files out of a model's answer, with one request to mend the format."""

from dataclasses import dataclass, field, replace
from typing import Literal

from builds.agent.asking import ask, request_for
from builds.agent.parsing.edits import Edit
from builds.agent.parsing.files import ParsedFiles, parse_files
from builds.agent.ports import Ports
from builds.agent.values import JsonDict

_PROBLEMS = {True: "it was cut off before its end", False: "no file with a path was found in it"}


@dataclass(frozen=True)
class FilesAnswer:
    """The files and edits of one answer, and what had to be tolerated or refused."""

    files: dict[str, str] = field(default_factory=dict)
    edits: tuple[Edit, ...] = ()
    notes: tuple[str, ...] = ()
    refused: tuple[str, ...] = ()
    is_cut_off: bool = False
    excerpt: str = ""
    text: str = ""

    def with_files(self, files: dict[str, str]) -> "FilesAnswer":
        """Return the same answer with other files."""
        return replace(self, files=files)


def ask_for_files(
    ports: Ports,
    purpose: Literal["code", "tests", "repair"],
    inputs: JsonDict,
    *,
    step: str,
    default_path: str | None = None,
) -> FilesAnswer:
    """Ask for files; when nothing can be read, or the answer was cut off, ask once for the format to be mended."""
    limit = ports.limits.code_tokens
    reply = ask(ports, request_for(ports, purpose, inputs, max_output_tokens=limit), step=step)
    language = str(inputs["language"])
    parsed = parse_files(reply.text, language=language, default_path=default_path)
    is_cut_off = reply.finish_reason == "length" or (parsed.is_cut_off and not _is_usable(parsed))
    if _is_usable(parsed) and not is_cut_off:
        return _answer(parsed, reply.text, is_cut_off=False)
    again: JsonDict = {"language": language, "problem": _PROBLEMS[is_cut_off], "answer": reply.text}
    mended = ask(ports, request_for(ports, "format", again, max_output_tokens=limit), step=f"{step}_format")
    parsed = parse_files(mended.text, language=language, default_path=default_path)
    if mended.finish_reason == "length":
        return replace(_answer(parsed, reply.text, is_cut_off=True), files={}, edits=())
    return _answer(parsed, reply.text, is_cut_off=False)


def _is_usable(parsed: ParsedFiles) -> bool:
    return bool(parsed.files or parsed.edits)


def _answer(parsed: ParsedFiles, text: str, *, is_cut_off: bool) -> FilesAnswer:
    return FilesAnswer(
        files=dict(parsed.files),
        edits=tuple(parsed.edits),
        notes=tuple(parsed.notes),
        refused=tuple(f"{path[:120]}: {rule}" for path, rule in parsed.refused),
        is_cut_off=is_cut_off,
        excerpt=text[:300],
        text=text,
    )
