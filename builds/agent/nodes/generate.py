"""Fifth node: code, and tests by a second call that never sees the code; the two run side by side."""

from concurrent.futures import ThreadPoolExecutor

from builds.agent import languages
from builds.agent.attachments import attached_inputs
from builds.agent.base import code_inputs, test_inputs
from builds.agent.errors import AgentError
from builds.agent.nodes.answers import FilesAnswer, ask_for_files
from builds.agent.nodes.assembling import assemble
from builds.agent.parsing.paths import tidy_path
from builds.agent.ports import Ports
from builds.agent.state import State
from builds.agent.tree import broken_rule
from builds.agent.values import JsonDict

_NO_TESTS = "Your last answer held no test file. Give at least one file named {name} with tests."


def generate(state: State, ports: Ports) -> State:
    """Read analysis, plan and passages; write the first attempt."""
    with ThreadPoolExecutor(max_workers=2, thread_name_prefix="generate") as pool:
        asked_code = pool.submit(ports.in_thread, lambda: _ask_for_code(state, ports))
        asked_tests = pool.submit(ports.in_thread, lambda: _ask_for_tests(state, ports))
        code, tests = asked_code.result(), asked_tests.result()
    return assemble(state, ports, code, tests)


def _ask_for_code(state: State, ports: Ports) -> FilesAnswer:
    shown: JsonDict = {name: state[name] for name in ("analysis", "plan", "passages", "examples")}
    inputs = state["request"] | shown | code_inputs(state.get("base"), ports)
    inputs |= attached_inputs(state.get("attachments", ()))
    answer = ask_for_files(ports, "code", inputs, step="generate.1.code", default_path=_main_path(state, ports))
    sources = {path: text for path, text in answer.files.items() if not ports.toolchain.is_test(path)}
    if not sources and not ("base" in state and answer.edits):
        raise AgentError("model.cut_off" if answer.is_cut_off else "model.no_files", excerpt=answer.excerpt)
    return answer.with_files(sources)


def _main_path(state: State, ports: Ports) -> str | None:
    """Return where code without a path belongs: the first planned source file, however untidily it was planned."""
    planned = [tidy_path(str(row["path"]).partition(" ")[0]) for row in state["plan"]["files"]]
    endings = languages.LANGUAGES[str(state["request"]["language"])].endings
    sources = [path for path in planned if path.endswith(endings) and not broken_rule(path)]
    return next((path for path in sources if not ports.toolchain.is_test(path)), None)


def _ask_for_tests(state: State, ports: Ports) -> FilesAnswer:
    asked: JsonDict = {"analysis": state["analysis"], "behaviours": state["plan"]["tests"]}
    inputs = state["request"] | asked | test_inputs(state.get("base"), ports)
    inputs |= attached_inputs(state.get("attachments", ()))
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
