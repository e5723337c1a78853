"""What was proved about a build, as one file that travels with its archive and can be checked again anywhere."""

import json
from collections.abc import Iterable, Mapping
from typing import Any

from django.conf import settings

from builds.agent.values import SandboxLimits
from builds.models.build import Build
from builds.models.evidence import Evidence

FILE = "evidence.json"
VERSION = 1
_LARGE = {"output", "coverage", "tests"}


def document(build: Build, rows: Iterable[Evidence]) -> dict[str, Any]:
    """Return tree hash, commands, versions, limits, results and seeds of all that was kept."""
    kept = list(rows)
    limits = SandboxLimits(wall_seconds=settings.SANDBOX_WALL_SECONDS)
    return {
        "version": VERSION,
        "build": str(build.id),
        "language": build.language,
        "verification": build.verification,
        "tree_hash": kept[0].tree_hash if kept else "",
        "limits": limits.model_dump(mode="json"),
        "proofs": [_proof(row) for row in kept],
    }


def as_bytes(found: Mapping[str, Any]) -> bytes:
    """Return the file's content: the same evidence is the same bytes."""
    return json.dumps(found, indent=2, sort_keys=True, ensure_ascii=False).encode() + b"\n"


def _proof(row: Evidence) -> dict[str, Any]:
    tests = row.report.get("tests") or []
    return {
        "kind": row.kind,
        "passed": row.passed,
        "tools": row.tools,
        "results": {str(test["id"]): str(test["outcome"]) for test in tests},
        "report": {name: value for name, value in row.report.items() if name not in _LARGE},
    }
