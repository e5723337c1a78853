"""What a fork starts from: an existing project, its earlier requests and examples, as data for the prompts."""

from collections.abc import Iterable, Sequence
from typing import TypedDict

from builds.agent import readme
from builds.agent.parsing.render import render_files
from builds.agent.ports import Ports
from builds.agent.values import JsonDict, Tree

ATTEMPT = 0
"""Number under which a fork's workspace holds the tree that it starts from."""
MAX_EARLIER_CHARACTERS = 40_000


class Base(TypedDict):
    """The existing project, apart from its files."""

    requests: list[str]
    """What it was asked to do, oldest first."""
    project_name: str
    analysis: JsonDict
    examples: list[JsonDict]
    acceptance_paths: list[str]
    changed_tests: list[str]
    """Test files that a repair had changed; they have seen code."""
    lost_tests: bool


def earlier_requests(requests: Sequence[str]) -> list[str]:
    """Return the newest requests that fit a budget together, oldest first; the newest one always."""
    kept: list[str] = []
    for request in reversed(requests):
        if kept and sum(map(len, kept)) + len(request) > MAX_EARLIER_CHARACTERS:
            break
        kept.insert(0, request)
    return kept


def earlier_inputs(base: Base | None) -> JsonDict:
    """Return what every prompt of a fork says of earlier requests; nothing for a build that begins with nothing."""
    return {"earlier": "\n\n---\n\n".join(base["requests"])} if base else {}


def plan_inputs(base: Base | None, ports: Ports) -> JsonDict:
    """Return the earlier requests with the names of the existing files that are no tests."""
    return {**earlier_inputs(base), "project": "\n".join(code_files(base, ports))} if base else {}


def code_inputs(base: Base | None, ports: Ports) -> JsonDict:
    """Return the earlier requests with the existing files that are no tests."""
    if not base:
        return {}
    return {**earlier_inputs(base), "project": _shown(code_files(base, ports), ports)}


def test_inputs(base: Base | None, ports: Ports) -> JsonDict:
    """Return the earlier requests with the existing tests, and no code."""
    if not base:
        return {}
    tests = {path: text for path, text in ports.workspace.load(ATTEMPT).items() if ports.toolchain.is_test(path)}
    return {**earlier_inputs(base), "existing_tests": _shown(_without(tests, base["acceptance_paths"]), ports)}


def tree_without_acceptance(base: Base | None, ports: Ports) -> dict[str, str]:
    """Return the existing files without those that the server writes anew: acceptance tests and its own README."""
    if not base:
        return {}
    tree = _without(ports.workspace.load(ATTEMPT), base["acceptance_paths"])
    about = {"project_name": base["project_name"], "language": ports.toolchain.language}
    is_ours = bool(base["analysis"]) and tree.get("README.md") == readme.text(about, base["analysis"])
    return _without(tree, ["README.md"]) if is_ours else tree


def code_files(base: Base | None, ports: Ports) -> dict[str, str]:
    """Return the existing files that are no tests and no README."""
    tree = tree_without_acceptance(base, ports)
    return {path: text for path, text in tree.items() if path != "README.md" and not ports.toolchain.is_test(path)}


def hidden(files: Tree, *, most: int) -> set[str]:
    """Return the paths that prompts name without showing them: files are shown whole, short ones first."""
    left, missing = most, set[str]()
    for path, text in sorted(files.items(), key=lambda entry: (len(entry[1]), entry[0])):
        if len(text) > left:
            missing.add(path)
        left -= min(len(text), left)
    return missing


def _shown(files: Tree, ports: Ports) -> str:
    missing = hidden(files, most=ports.limits.project_characters)
    rendered = render_files(_without(files, missing))
    names = [f"{path} ({len(files[path])} characters)" for path in sorted(missing)]
    return f"{rendered}\nThere, but too long to be shown: {', '.join(names)}\n" if names else rendered


def _without(tree: Tree, paths: Iterable[str]) -> dict[str, str]:
    left_out = set(paths)
    return {path: text for path, text in tree.items() if path not in left_out}
