"""The README that goes with a project whose author wrote none."""

from builds.agent.values import JsonDict

_HOW_TO_TEST = {"python": "python -m pytest", "javascript": "node --test"}


def text(request: JsonDict, analysis: JsonDict) -> str:
    """Write a project's README from its request and analysis."""
    rows = analysis["interface"]
    interface = [row for row in rows if isinstance(row, dict)] if isinstance(rows, list) else []
    lines = [f"# {_plain(request['project_name'])}", "", _plain(analysis["problem"]), "", "## Interface", ""]
    lines += [f"- `{_plain(row['signature'] or row['name'])}`: {_plain(row['summary'])}" for row in interface]
    lines += ["", "## Tests", "", f"    {_HOW_TO_TEST.get(str(request['language']), '')}", ""]
    return "\n".join(lines)


def _plain(value: object) -> str:
    return " ".join(str(value).replace("`", "'").split())
