"""The README that goes with a project whose author wrote none."""

from builds.agent.languages import LANGUAGES
from builds.agent.values import JsonDict


def text(request: JsonDict, analysis: JsonDict) -> str:
    """Write a project's README from its request and analysis."""
    rows = analysis["interface"]
    interface = [row for row in rows if isinstance(row, dict)] if isinstance(rows, list) else []
    lines = [f"# {_plain(request['project_name'])}", "", _plain(analysis["problem"]), "", "## Interface", ""]
    lines += [f"- `{_plain(row['signature'] or row['name'])}`: {_plain(row['summary'])}" for row in interface]
    lines += ["", "## Tests", "", f"    {LANGUAGES[str(request['language'])].test_command}", ""]
    return "\n".join(lines)


def _plain(value: object) -> str:
    return " ".join(str(value).replace("`", "'").split())
