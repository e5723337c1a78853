"""Small projects for toolchains to judge."""

from builds.agent.values import TestReport

ROMAN = """\
def to_roman(number: int) -> str:
    if number < 1:
        raise ValueError(number)
    result = ""
    for value, letters in ((10, "X"), (9, "IX"), (5, "V"), (4, "IV"), (1, "I")):
        while number >= value:
            result += letters
            number -= value
    return result
"""
TESTS = """\
import pytest
from roman import to_roman

def test_four() -> None:
    assert to_roman(4) == "IV"

def test_nine() -> None:
    assert to_roman(9) == "IX"

def test_zero() -> None:
    with pytest.raises(ValueError):
        to_roman(0)
"""
HONEST = {"roman.py": ROMAN, "test_roman.py": TESTS}
CORE = "ONE = 1\n"
ONE = "def test_one():\n    assert ONE == 1\n"
PASS = "def test_ok():\n    assert True\n"


def outcomes(report: TestReport) -> dict[str, str]:
    return {test.id: test.outcome for test in report.tests}
