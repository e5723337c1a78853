"""Between two test runs: judge who is wrong, code or test, and mend it."""

from builds.agent.languages import LANGUAGES
from builds.agent.nodes.answers import FilesAnswer, ask_for_files
from builds.agent.parsing.edits import apply_edits
from builds.agent.parsing.render import render_files
from builds.agent.ports import Ports
from builds.agent.state import State
from builds.agent.tree import check_tree
from builds.agent.values import JsonDict, TestReport, Tree

_SHOWN_FAILURES = 5
_TRACEBACK_CHARACTERS = 1_200


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
    }
    answer = ask_for_files(
        ports, "repair", inputs, step=f"repair.{number}.repair", default_path=_lone_source(tree, ports)
    )
    mended, untouched = _mended(state, tree, answer)
    attempt = state["attempt"] + 1
    tree_hash = ports.workspace.save(attempt, mended)
    ports.events.emit("files.changed", _told(ports, attempt, tree_hash, tree, mended, answer, untouched))
    return State(attempt=attempt, tree_hash=tree_hash, repairs=number)


def failures_text(report: TestReport) -> str:
    """Say what failed: each failing test with its message and the shortest traceback inside the project."""
    failing = [result for result in report.tests if result.outcome != "passed"]
    parts = [
        f"{result.id}: {result.outcome}\n{result.message}\n{result.traceback[-_TRACEBACK_CHARACTERS:]}".strip()
        for result in failing[:_SHOWN_FAILURES]
    ]
    if len(failing) > _SHOWN_FAILURES:
        parts.append(f"… and {len(failing) - _SHOWN_FAILURES} more tests")
    if not failing:
        parts.append(
            f"The tests could not be run to their end: {report.reason} {report.detail}\n{report.output[-1500:]}"
        )
    return "\n\n".join(parts)


def _mended(state: State, tree: Tree, answer: FilesAnswer) -> tuple[dict[str, str], list[str]]:
    protected = set(state["acceptance_paths"])
    edits = [edit for edit in answer.edits if edit.path not in protected]
    edited, failed = apply_edits(tree, edits)
    files = {path: text for path, text in answer.files.items() if path not in protected}
    untouched = [*(each.edit.path for each in failed), *(path for path in answer.files if path in protected)]
    return check_tree({**edited, **files}), untouched


def _lone_source(tree: Tree, ports: Ports) -> str | None:
    endings = LANGUAGES[ports.toolchain.language].endings
    sources = [path for path in tree if path.endswith(endings) and not ports.toolchain.is_test(path)]
    return sources[0] if len(sources) == 1 else None


def _told(
    ports: Ports,
    attempt: int,
    tree_hash: str,
    before: Tree,
    after: Tree,
    answer: FilesAnswer,
    untouched: list[str],
) -> JsonDict:
    changed = sorted(path for path in after if before.get(path) != after[path])
    return {
        "attempt": attempt,
        "paths": changed,
        "tree_hash": tree_hash,
        "changed_tests": [path for path in changed if ports.toolchain.is_test(path)],
        "verdict": answer.text.strip().partition("```")[0].strip()[:500],
        "not_applied": untouched[:20],
        "notes": list(answer.notes),
        "refused": list(answer.refused),
    }
