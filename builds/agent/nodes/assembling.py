"""Making the first attempt: a model's code and tests, over an existing project where a fork starts from one."""

from collections.abc import Mapping

from builds.agent import base as existing
from builds.agent import languages, readme
from builds.agent.nodes.answers import FilesAnswer
from builds.agent.nodes.merging import Merged, test_names, with_unique_names
from builds.agent.parsing.edits import apply_edits
from builds.agent.ports import Ports
from builds.agent.state import State
from builds.agent.tree import check_tree
from builds.agent.values import Example, JsonDict, Tree


def assemble(state: State, ports: Ports, code: FilesAnswer, tests: FilesAnswer) -> State:
    """Write the first attempt; acceptance tests are the server's, and existing tests stay unless they were changed."""
    before = existing.tree_without_acceptance(state.get("base"), ports)
    merged, acceptance = _with_code(state, ports, before, code)
    own = {path: text for path, text in merged.files.items() if path not in acceptance}
    placed = _placed_tests(tests.files, before, taken=own)
    for path, text in placed.items():
        merged.put(path, text, protected=acceptance)
    for path, text in _support(state, code.files).items():
        if path.lower() not in {other.lower() for other in merged.files}:
            merged.put(path, text)
    tree = check_tree(merged.files)
    tree_hash = ports.workspace.save(1, tree)
    rewritten = [path for path in before if ports.toolchain.is_test(path) and tree.get(path) != before[path]]
    told: JsonDict = {"attempt": 1, "paths": sorted(path for path in tree if tree[path] != before.get(path))}
    told |= {"tree_hash": tree_hash, "notes": [*code.notes, *tests.notes], "changed_tests": rewritten}
    ports.events.emit("files.changed", told | {"refused": [*code.refused, *tests.refused, *merged.refused]})
    seen_code = [path for path in state["changed_tests"] if path in tree and path not in rewritten]
    return State(attempt=1, tree_hash=tree_hash, acceptance_paths=sorted(acceptance), changed_tests=seen_code)


def _with_code(state: State, ports: Ports, before: Tree, code: FilesAnswer) -> tuple[Merged, frozenset[str]]:
    """Put the code over what is there, and the acceptance tests for the outcome beside it."""
    unseen = existing.hidden(existing.code_files(state.get("base"), ports), most=ports.limits.project_characters)
    wanted = {path: text for path, text in code.files.items() if path not in unseen}
    edits = [edit for edit in code.edits if not ports.toolchain.is_test(edit.path) and edit.path not in unseen]
    edited, failed = apply_edits(before, edits) if before else (dict(before), [])
    sources = {path: text for path, text in {**edited, **wanted}.items() if not ports.toolchain.is_test(path)}
    found = [Example.model_validate(example) for example in state["examples"]]
    acceptance = ports.toolchain.acceptance_tests(found, {path: text for path, text in sources.items() if text.strip()})
    displaced = {path: text for path, text in edited.items() if path in acceptance}
    files = {**edited, **with_unique_names(displaced, {**edited, **acceptance}), **acceptance}
    merged = Merged(files, [f"{each.edit.path[:120]}: {each.reason}" for each in failed])
    merged.refused += [f"{path[:120]}: not_shown" for path in code.files if path in unseen]
    for path, text in wanted.items():
        merged.put(path, text, protected=frozenset(acceptance))
    return merged, frozenset(acceptance)


def _placed_tests(tests: Mapping[str, str], before: Tree, *, taken: Tree) -> dict[str, str]:
    """Let a test file replace an existing one only if it keeps all of its tests, or is empty; else it stands beside."""
    there = {path.lower(): path for path in before}
    replacing = {
        path: text
        for path, text in tests.items()
        if path.lower() in there and _may_replace(before[there[path.lower()]], text)
    }
    beside = {path: text for path, text in tests.items() if path not in replacing}
    return replacing | with_unique_names(beside, taken)


def _may_replace(old: str, new: str) -> bool:
    return not new.strip() or set(test_names(old)) <= set(test_names(new))


def _support(state: State, code: Tree) -> dict[str, str]:
    request = state["request"]
    files = languages.support_files(str(request["language"]), project_name=str(request["project_name"]), code=code)
    return {"README.md": readme.text(request, state["analysis"])} | files
