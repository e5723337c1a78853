"""Between two test runs: judge who is wrong, code or test, and mend it."""

from builds.agent.base import earlier_inputs
from builds.agent.languages import LANGUAGES
from builds.agent.nodes.answers import FilesAnswer, ask_for_files
from builds.agent.nodes.merging import Merged, count_tests
from builds.agent.parsing.edits import apply_edits
from builds.agent.parsing.render import render_files
from builds.agent.ports import Ports
from builds.agent.state import State
from builds.agent.tree import check_tree
from builds.agent.values import JsonDict, TestReport, Tree

_SHOWN_FAILURES = 5
_TRACEBACK_CHARACTERS = 1_200
_OUTPUT_CHARACTERS = 1_500
_TRIED_BEFORE = (
    "Earlier repairs did not help. Begin afresh: look for another cause than the one that comes to mind first."
)


def repair(state: State, ports: Ports) -> State:
    """Read the precise failure; write the next attempt. Acceptance tests are never changed."""
    number = state["repairs"] + 1
    tree = ports.workspace.load(state["attempt"])
    inputs = state["request"] | {
        "analysis": state["analysis"],
        "acceptance_paths": ", ".join(state["acceptance_paths"]) or "none here",
        "failures": failures_text(TestReport.model_validate(state["report"])),
        "files": render_files({path: text for path, text in tree.items() if path != "README.md"}),
        "attempt": state["attempt"],
        "remark": _TRIED_BEFORE if state.get("repairs_before") else "",
    }
    inputs |= earlier_inputs(state.get("base"))
    answer = ask_for_files(
        ports, "repair", inputs, step=f"repair.{number}.repair", default_path=_lone_source(tree, ports)
    )
    merged = _mended(state, tree, answer)
    mended = check_tree(merged.files)
    attempt = state["attempt"] + 1
    tree_hash = ports.workspace.save(attempt, mended)
    changed_tests = [path for path in _changed(tree, mended) if ports.toolchain.is_test(path)]
    told = _told(attempt, tree_hash, tree, mended, answer)
    refused = [*answer.refused, *merged.refused]
    ports.events.emit("files.changed", told | {"changed_tests": changed_tests, "refused": refused})
    return State(
        attempt=attempt,
        tree_hash=tree_hash,
        repairs=number,
        changed_tests=sorted({*state["changed_tests"], *changed_tests}),
        lost_tests=state["lost_tests"] or _lost(ports, tree, mended),
    )


def failures_text(report: TestReport) -> str:
    """Say what failed: each failing test with its message and the shortest traceback inside the project."""
    failing = [result for result in report.tests if result.outcome != "passed"]
    parts = [
        f"{result.id}: {result.outcome}\n{result.message}\n{result.traceback[-_TRACEBACK_CHARACTERS:]}".strip()
        for result in failing[:_SHOWN_FAILURES]
    ]
    if len(failing) > _SHOWN_FAILURES:
        parts.append(f"… and {len(failing) - _SHOWN_FAILURES} more tests")
    if report.reason or not failing:
        parts.append(f"The run as a whole: {report.reason} {report.detail}\n{report.output[-_OUTPUT_CHARACTERS:]}")
    return "\n\n".join(parts)


def _mended(state: State, tree: Tree, answer: FilesAnswer) -> Merged:
    protected = frozenset(state["acceptance_paths"])
    edited, failed = apply_edits(tree, [edit for edit in answer.edits if edit.path not in protected])
    merged = Merged(edited, [f"{each.edit.path[:120]}: {each.reason}" for each in failed])
    for path, text in answer.files.items():
        merged.put(path, text, protected=protected)
    return merged


def _lost(ports: Ports, before: Tree, after: Tree) -> bool:
    return count_tests(after, ports.toolchain.is_test) < count_tests(before, ports.toolchain.is_test)


def _changed(before: Tree, after: Tree) -> list[str]:
    return sorted(path for path in {*before, *after} if before.get(path) != after.get(path))


def _lone_source(tree: Tree, ports: Ports) -> str | None:
    endings = LANGUAGES[ports.toolchain.language].endings
    sources = [path for path in tree if path.endswith(endings) and not ports.toolchain.is_test(path)]
    return sources[0] if len(sources) == 1 else None


def _told(attempt: int, tree_hash: str, before: Tree, after: Tree, answer: FilesAnswer) -> JsonDict:
    return {
        "attempt": attempt,
        "paths": _changed(before, after),
        "tree_hash": tree_hash,
        "verdict": answer.text.strip().partition("```")[0].strip()[:500],
        "notes": list(answer.notes),
    }
