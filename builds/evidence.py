"""What was proved about a build, as one file that travels with its archive and can be checked again anywhere."""

import json
from collections.abc import Iterable
from typing import Literal

from django.conf import settings
from pydantic import BaseModel, ConfigDict, Field, ValidationError

from builds.agent.tree import manifest
from builds.agent.values import Example, JsonDict, SandboxLimits, Tree
from builds.models.build import Build
from builds.models.evidence import Evidence, EvidenceKind

FILE = "evidence.json"
_LARGE = {"output", "coverage", "tests"}


class UnreadableEvidenceError(ValueError):
    """There is no evidence, or none that can be understood."""


class _Part(BaseModel):
    """What a file lacks is None, so that it can be named; it is no reason not to read the rest."""

    model_config = ConfigDict(frozen=True, strict=True)


class Claims(_Part):
    """What the server says of the build's history; no run of the files can show it again."""

    about: str = "Said by the server that built it. Nobody can find out from the files whether it is so."
    changed_tests: list[str] | None = None
    """Test files that were changed by a call that had seen the code."""
    lost_tests: bool | None = None
    examples: list[Example] | None = None
    """The examples of the request: all that there are."""


class Proof(_Part):
    """One proof, without what is too large to travel."""

    kind: str
    passed: bool | None = None
    tools: JsonDict = {}
    results: dict[str, str] | None = None
    """Test → outcome."""
    report: JsonDict = {}


class Document(_Part):
    """All that travels."""

    version: Literal[1] = 1
    build: str = ""
    language: str = Field(default="", pattern="^[a-z]*$")
    verification: str | None = None
    tree_hash: str | None = None
    files: dict[str, str] | None = None
    """Path → hex SHA-256 of each file there is."""
    limits: JsonDict = {}
    claims: Claims = Claims()
    proofs: list[Proof] = []


def document(build: Build, rows: Iterable[Evidence], tree: Tree) -> Document:
    """Return files, commands, versions, limits, results and seeds of all that was kept when it was built."""
    kept = [row for row in rows if row.kind != EvidenceKind.DEPLOYMENT]  # those tell of the same tree elsewhere
    limits = SandboxLimits(wall_seconds=settings.SANDBOX_WALL_SECONDS)
    history = [row.report for row in kept if row.kind == EvidenceKind.INDEPENDENCE]
    return Document(
        build=str(build.id),
        language=build.language,
        verification=build.verification,
        tree_hash=kept[0].tree_hash if kept else None,
        files=manifest(tree),
        limits=limits.model_dump(mode="json"),
        claims=Claims.model_validate(history[0]) if history else Claims(),
        proofs=[
            proof(row.kind, row.passed, row.report, row.tools) for row in kept if row.kind != EvidenceKind.INDEPENDENCE
        ],
    )


def proof(kind: str, passed: bool, report: JsonDict, tools: JsonDict) -> Proof:  # noqa: FBT001  # a column of Evidence
    """Return one kept proof as it travels."""
    return Proof(
        kind=str(kind),
        passed=passed,
        tools=tools,
        results={str(test["id"]): str(test["outcome"]) for test in report.get("tests") or []},
        report={name: value for name, value in report.items() if name not in _LARGE},
    )


def as_bytes(found: Document) -> bytes:
    """Return the file's content: the same evidence is the same bytes."""
    return json.dumps(found.model_dump(mode="json"), indent=2, sort_keys=True, ensure_ascii=False).encode() + b"\n"


def read(content: bytes) -> Document:
    """Return what a file says, whoever wrote it.

    :raises UnreadableEvidenceError: it is not in the form of evidence.
    """
    try:
        return Document.model_validate_json(content)
    except ValidationError as error:
        first = error.errors(include_url=False, include_input=False)[0]
        where = ".".join(map(str, first["loc"])) or FILE
        raise UnreadableEvidenceError(f"{where!a}: {first['msg']}") from None
