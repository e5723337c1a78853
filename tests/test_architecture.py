"""The rules of the house, as tests."""

import ast
import re
import statistics
import subprocess
import sys
from collections.abc import Callable, Iterator
from pathlib import Path

import pytest
from django.utils import translation

from agentsite.management.commands.write_docs import SOURCES
from builds import failures

ROOT = Path(__file__).resolve().parent.parent
ROOMS = ("agentsite", "builds", "memory", "telegram_link", "audit")
LONGEST_FUNCTION, NINE_OF_TEN, MEDIAN = 50, 30, 9
LONGEST_FILE = 400
EMPTY_NAMES = {"utils", "helpers", "manager", "misc"}


def sources(*folders: str) -> Iterator[Path]:
    for folder in folders:
        for path in (ROOT / folder).rglob("*.py"):
            if not {"migrations", "recipes"} & set(path.parts):
                yield path


def functions(path: Path) -> Iterator[tuple[str, int, ast.FunctionDef | ast.AsyncFunctionDef]]:
    for node in ast.walk(ast.parse(path.read_text(encoding="utf-8"))):
        if isinstance(node, ast.FunctionDef | ast.AsyncFunctionDef):
            lines = (node.end_lineno or node.lineno) - node.lineno + 1
            if ast.get_docstring(node):
                lines -= (node.body[0].end_lineno or 0) - node.body[0].lineno + 1
            yield f"{path.relative_to(ROOT)}:{node.lineno} {node.name}", lines, node


def test_functions_fit_on_a_screen() -> None:
    sizes = {name: lines for path in sources(*ROOMS, "tests") for name, lines, _ in functions(path)}
    assert {name: lines for name, lines in sizes.items() if lines > LONGEST_FUNCTION} == {}
    product = sorted(lines for path in sources(*ROOMS) for _, lines, _ in functions(path))
    assert statistics.median(product) <= MEDIAN
    assert product[int(len(product) * 0.9)] <= NINE_OF_TEN


def test_files_are_not_too_long() -> None:
    sizes = {str(path.relative_to(ROOT)): path.read_text("utf-8").count("\n") for path in sources(*ROOMS, "tests")}
    assert {name: lines for name, lines in sizes.items() if lines > LONGEST_FILE} == {}


def test_every_return_is_annotated() -> None:
    bare = [name for path in sources(*ROOMS, "tests") for name, _, node in functions(path) if node.returns is None]
    assert bare == []


def test_every_file_is_named_after_what_it_holds() -> None:
    assert [path for path in sources(*ROOMS, "tests") if path.stem in EMPTY_NAMES] == []


def test_one_module_writes_a_runs_state() -> None:
    writers = {
        str(path.relative_to(ROOT))
        for path in sources("builds")
        if re.search(
            r"\.update\([^)]*\b(?:state|status)=(?!ReservationState|DeliveryState|outcome)", path.read_text("utf-8")
        )
    }
    assert writers == {"builds/runs/claim.py", "builds/runs/status.py"}


def test_one_module_answers_proposals() -> None:
    writers = {str(path.relative_to(ROOT)) for path in sources("builds") if "status=outcome" in path.read_text("utf-8")}
    assert writers == {"builds/approvals/services.py"}


@pytest.mark.parametrize("package", ["chromadb", "langgraph", "telegram", "langchain_openai", "numpy", "opentelemetry"])
def test_slow_libraries_are_not_loaded_at_start(package: str) -> None:
    code = f"import django, sys; django.setup(); import agentsite.urls; sys.exit({package!r} in sys.modules)"
    environment = {"DJANGO_SETTINGS_MODULE": "tests.settings", "PATH": "/usr/bin:/bin"}
    assert subprocess.run([sys.executable, "-c", code], cwd=ROOT, env=environment, check=False).returncode == 0


def raised_codes() -> set[str]:
    errors = re.compile(r"(?:AgentError|TransientError)\(\s*\"([a-z_.]+)\"")
    return {code for path in sources("builds") for code in errors.findall(path.read_text("utf-8"))}


def test_every_code_that_is_raised_has_a_sentence() -> None:
    assert raised_codes() - set(failures.TABLE) == set()


def test_every_failure_says_what_to_do() -> None:
    assert [code for code in failures.TABLE if not failures.message(code, {}) or not failures.hint(code)] == []


@pytest.mark.parametrize(("document", "source"), SOURCES.items())
def test_tables_in_the_documents_say_what_the_code_says(document: str, source: Callable[[], str]) -> None:
    with translation.override("en"):
        assert source() in (ROOT / document).read_text("utf-8"), "run: manage.py write_docs"


def test_every_code_of_the_api_is_in_the_documents() -> None:
    told = set(re.findall(r"^\| `([a-z_.]+)` \| \d", (ROOT / "docs/api.md").read_text("utf-8"), re.MULTILINE))
    raised = {
        node.args[0].value
        for path in sources(*ROOMS)
        for node in ast.walk(ast.parse(path.read_text("utf-8")))
        if isinstance(node, ast.Call) and getattr(node.func, "id", "") == "AppError" and node.args
        if isinstance(node.args[0], ast.Constant)
    }
    assert raised - told == set()
