"""Fifth node: code, and tests by a second call that never sees the code; the two run side by side."""

from concurrent.futures import ThreadPoolExecutor

from builds.agent import languages, readme
from builds.agent.errors import AgentError
from builds.agent.nodes.answers import FilesAnswer, ask_for_files
from builds.agent.nodes.merging import Merged, with_unique_names
from builds.agent.parsing.paths import tidy_path
from builds.agent.ports import Ports
from builds.agent.state import State
from builds.agent.tree import broken_rule, check_tree
from builds.agent.values import Example, JsonDict, Tree

_NO_TESTS = "Your last answer held no test file. Give at least one file named {name} with tests."


def generate(state: State, ports: Ports) -> State:
    """Read analysis, plan and passages; write the first attempt."""
    with ThreadPoolExecutor(max_workers=2, thread_name_prefix="generate") as pool:
        asked_code = pool.submit(ports.in_thread, lambda: _ask_for_code(state, ports))
        asked_tests = pool.submit(ports.in_thread, lambda: _ask_for_tests(state, ports))
        code, tests = asked_code.result(), asked_tests.result()
    return _first_attempt(state, ports, code, tests)


def _ask_for_code(state: State, ports: Ports) -> FilesAnswer:
    shown: JsonDict = {name: state[name] for name in ("analysis", "plan", "passages", "examples")}
    default = _main_path(state, ports)
    answer = ask_for_files(ports, "code", state["request"] | shown, step="generate.1.code", default_path=default)
    sources = {path: text for path, text in answer.files.items() if not ports.toolchain.is_test(path)}
    if not sources:
        raise AgentError("model.cut_off" if answer.is_cut_off else "model.no_files", excerpt=answer.excerpt)
    return answer.with_files(sources)


def _main_path(state: State, ports: Ports) -> str | None:
    """Return where code without a path belongs: the first planned source file, however untidily it was planned."""
    planned = [tidy_path(str(row["path"]).partition(" ")[0]) for row in state["plan"]["files"]]
    endings = languages.LANGUAGES[str(state["request"]["language"])].endings
    sources = [path for path in planned if path.endswith(endings) and not broken_rule(path)]
    return next((path for path in sources if not ports.toolchain.is_test(path)), None)


def _ask_for_tests(state: State, ports: Ports) -> FilesAnswer:
    inputs = state["request"] | {"analysis": state["analysis"], "behaviours": state["plan"]["tests"]}
    answer = FilesAnswer()
    language = str(state["request"]["language"])
    again = _NO_TESTS.format(name=languages.words(language)["test_name"])
    default = languages.LANGUAGES[language].test_file
    for attempt, remark in ((1, ""), (2, again)):
        step = f"generate.{attempt}.tests"
        answer = ask_for_files(ports, "tests", inputs | {"remark": remark}, step=step, default_path=default)
        if any(ports.toolchain.is_test(path) for path in answer.files):
            return answer.with_files({path: text for path, text in answer.files.items() if _is_support(path, ports)})
    return answer.with_files({})


def _is_support(path: str, ports: Ports) -> bool:
    return ports.toolchain.is_test(path) or path.startswith(("tests/", "test/"))


def _support(state: State, code: Tree) -> dict[str, str]:
    request = state["request"]
    files = languages.support_files(str(request["language"]), project_name=str(request["project_name"]), code=code)
    return {"README.md": readme.text(request, state["analysis"])} | files


def _first_attempt(state: State, ports: Ports, code: FilesAnswer, tests: FilesAnswer) -> State:
    found = [Example.model_validate(example) for example in state["examples"]]
    acceptance = ports.toolchain.acceptance_tests(found, code.files)
    merged = Merged(dict(acceptance))
    protected = frozenset(acceptance)
    for path, text in {**code.files, **with_unique_names(tests.files, code.files)}.items():
        merged.put(path, text, protected=protected)
    for path, text in _support(state, code.files).items():
        if path.lower() not in {other.lower() for other in merged.files}:
            merged.put(path, text)
    tree = check_tree(merged.files)
    tree_hash = ports.workspace.save(1, tree)
    told: JsonDict = {"attempt": 1, "paths": sorted(tree), "tree_hash": tree_hash}
    refused = [*code.refused, *tests.refused, *merged.refused]
    ports.events.emit("files.changed", told | {"notes": [*code.notes, *tests.notes], "refused": refused})
    return State(attempt=1, tree_hash=tree_hash, acceptance_paths=sorted(acceptance))
