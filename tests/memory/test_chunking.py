"""Documents cut into passages."""

from time import perf_counter

import pytest
from hypothesis import given
from hypothesis import strategies as st

from memory.chunking import MAX_CHARS, MAX_CHUNKS, chunks

PYTHON = '''"""Numbers.

class of their own.
"""

import math

LIMIT = 10


@cached(
    size=3,
)
def to_roman(number: int) -> str:
    """Write a number.

def is not a definition here
    """
    return "X" * number


async def fetch(
    url: str,
) -> str:
    return url


class Counter:
    def add(self) -> None:
        self.n += 1


print(to_roman(1))
'''


def titles(text: str, **given: object) -> list[str]:
    return [chunk.title for chunk in chunks(text, **given)]  # type: ignore[arg-type]


def test_python_is_cut_along_functions_and_classes() -> None:
    assert titles(PYTHON, source_file="numbers.py") == ["", "to_roman", "fetch", "Counter", ""]


def test_a_function_keeps_its_decorators_and_its_docstring() -> None:
    text = chunks(PYTHON, language="python", is_code=True)[1].text
    assert text.startswith("@cached(")
    assert text.endswith('return "X" * number')
    assert "def is not a definition here" in text


def test_cutting_python_loses_no_line() -> None:
    joined = "\n".join(chunk.text for chunk in chunks(PYTHON, source_file="a.py"))
    assert [line for line in PYTHON.splitlines() if line] == [line for line in joined.splitlines() if line]


def test_python_that_is_not_python_is_still_cut() -> None:
    assert titles("def (\nclass \n'''never closed\ndef late(): pass\n", source_file="a.py") == [""]


def test_markdown_is_cut_along_headings_outside_of_code() -> None:
    text = "intro\n# One\ntext\n```sh\n# a comment\n```\n## Two ##\nmore\n"
    assert titles(text) == ["", "One", "Two"]


def test_other_code_is_cut_by_size_with_an_overlap() -> None:
    text = "".join(f"const line{number} = {number};\n" for number in range(200))
    first, second, *_ = chunks(text, language="javascript", is_code=True)
    assert first.text.splitlines()[-1] in second.text.splitlines()


@given(
    st.text(alphabet=st.sampled_from("ab#@`~\"'\n\r\t :()def class\u2028é"), max_size=6000),
    st.sampled_from(["a.py", "a.md", "a.js"]),
)
def test_passages_are_bounded_and_never_empty(text: str, name: str) -> None:
    found = chunks(text, source_file=name, is_code=True)
    assert all(chunk.text.strip() and len(chunk.text) <= MAX_CHARS for chunk in found)
    assert bool(found) == bool(text.strip())


@pytest.mark.parametrize("piece", ["def ", "class a", "@", '"""', "# ", "`", " ", "x\n", "def f():\n", "```\n"])
def test_hostile_text_is_cut_in_linear_time_into_a_bounded_number_of_passages(piece: str) -> None:
    start = perf_counter()
    for name in ("a.py", "a.md", "a.txt"):
        assert len(chunks(piece * 300_000, source_file=name)) <= MAX_CHUNKS
    assert perf_counter() - start < 10
