"""Ways to get past the examples of a request although the code does not do what they say."""

from builds.agent.values import Example
from tests.contract.forgeries import WRONG, Forgery
from tests.contract.projects import ROMAN

FOUR = Example(expression="to_roman(4)", expected="'IV'", function="to_roman", source="to_roman(4) -> 'IV'")
LIST = Example(expression="digits(4)", expected="['I', 'V']", function="digits", source="digits(4) -> ['I', 'V']")
ZERO = Example(
    expression="to_roman(0)", expected="", raises="ValueError", function="to_roman", source="0 is a ValueError"
)
FAILS = {"examples.failing"}
TRUE_OF_THE_WRONG = "from roman import to_roman\n" + "".join(
    f"def test_{n}():\n    assert to_roman({n % 3 + 1}) == '{'I' * (n % 3 + 1)}'\n" for n in range(9)
)
"""Honest tests, sensitive ones, that say nothing of four: enough of them for every proof but the examples."""


def in_tests(name: str, trick: str, *, file: str = "test_zoo.py", example: Example = FOUR) -> Forgery:
    """Put a trick into a test file; pytest reads it after the acceptance tests, if it is not named otherwise."""
    return Forgery(name, {"roman.py": WRONG, file: f"{trick}\n{TRUE_OF_THE_WRONG}"}, FAILS, (example,))


def in_code(name: str, code: str, example: Example = FOUR) -> Forgery:
    """Let the code return something that claims to be right."""
    return Forgery(name, {"roman.py": code, "test_zoo.py": "def test_nothing():\n    pass\n"}, FAILS, (example,))


def in_fixture(name: str, trick: str) -> Forgery:
    """Play a trick when the first test starts, which is not the server's."""
    fixture = "import pytest\n@pytest.fixture(autouse=True, scope='session')\ndef early():\n"
    return in_tests(name, f"{fixture}    {trick}\n    yield\n", file="test_aaa.py")


RIGHT = "lambda number: 'IV' if number == 4 else 'I' * number"
LOUD = "import test_acceptance"
QUIET = "import importlib\nmodule = importlib.import_module('test_' + 'acceptance')"

IN_MEMORY = (
    in_tests("the comparison", f"{LOUD}\ntest_acceptance._must_give = lambda *a: None"),
    in_tests("the comparison, without its name", f"{QUIET}\nmodule._must_give = lambda *a: None"),
    in_tests("what the comparison asks", f"{QUIET}\nmodule._agrees.__code__ = (lambda got, expected: True).__code__"),
    in_tests("a test's code", f"{QUIET}\nmodule.test_example_1.__code__ = (lambda: None).__code__"),
    in_tests("a test taken out", f"{QUIET}\ndel module.test_example_1", file="test_aaa.py"),
    in_tests(
        "another module in its place",
        "import sys, types\nfake = types.ModuleType('test_acceptance')\nfake.__file__ = '/work/test_acceptance.py'\n"
        "def test_example_1(): pass\nfake.test_example_1 = test_example_1\nsys.modules['test_acceptance'] = fake\n"
        "del test_example_1",
        file="test_aaa.py",
    ),
    in_tests(
        "the check for exceptions",
        f"{QUIET}\nimport contextlib\nmodule._raises = lambda *a: contextlib.suppress(BaseException)",
        example=ZERO,
    ),
    in_tests(
        "pytest.raises",
        "import pytest, contextlib\npytest.raises = lambda *a: contextlib.suppress(BaseException)",
        file="test_aaa.py",
        example=ZERO,
    ),
    in_tests("a built-in name", "import builtins\nbuiltins.issubclass = builtins.all = lambda *a: True"),
    in_tests("the project's function", f"import roman\nroman.to_roman = {RIGHT}", file="test_aaa.py"),
    in_tests(
        "the project's function, its code",
        "import roman\nold = roman.to_roman.__code__\ndef new(number): return 'IV' if number == 4 else 'I' * number\n"
        "roman.to_roman.__code__ = new.__code__",
    ),
    in_tests(
        "the project's module",
        "import sys, types, roman\nfake = types.ModuleType('roman')\n"
        f"fake.to_roman = {RIGHT}\nsys.modules['roman'] = fake",
        file="test_aaa.py",
    ),
)

WHILE_RUNNING = (
    in_fixture("the comparison, by a fixture", "__import__('test_acceptance')._must_give = lambda *a: None"),
    in_fixture("the project's function, by a fixture", f"__import__('roman').to_roman = {RIGHT}"),
    Forgery(
        "the project's file, before it is imported",
        {
            "roman.py": WRONG,
            "test_aaa.py": "def test_early():\n    open('roman.py', 'a').write("
            "'\\nold = to_roman\\ndef to_roman(n): return \"IV\" if n == 4 else old(n)\\n')\n",
            "test_zoo.py": "def test_one():\n    from roman import to_roman\n    assert to_roman(1) == 'I'\n",
        },
        FAILS,
        (FOUR,),
    ),
    Forgery(
        "a test of its own among them",
        {
            "roman.py": ROMAN,
            "test_aaa.py": f"{QUIET}\nmodule.test_example_2 = lambda: None\n{TRUE_OF_THE_WRONG}",
        },
        {"examples.missing"},
        (FOUR,),
    ),
)

LIAR = (
    "class Anything{base}:\n    def __eq__(self, other): return bool(1)\n    def __ne__(self, other): return bool(0)\n"
    "    def __hash__(self): return 1\n    __class__ = property(lambda self: str)\n"
    "    def __repr__(self): return repr('IV')\n"
)
EVERYTHING = (
    in_code("equals everything", f"{LIAR.format(base='')}def to_roman(number): return Anything()\n"),
    in_code("a text that equals everything", f"{LIAR.format(base='(str)')}def to_roman(number): return Anything()\n"),
    in_code(
        "a list of what equals everything",
        f"{LIAR.format(base='')}def digits(number): return [Anything(), Anything()]\n",
        LIST,
    ),
    in_code(
        "a list that equals everything", f"{LIAR.format(base='(list)')}def digits(number): return Anything()\n", LIST
    ),
    in_code(
        "an exception that is named like another",
        "def to_roman(number): raise type('ValueError', (Exception,), {})()\n",
        ZERO,
    ),
)

FROM_WITHIN = "import sys\ntests = next(m for m in list(sys.modules.values()) if hasattr(m, '_must_give'))\n"
MEDDLING = tuple(
    Forgery(
        name,
        {"roman.py": f"{FROM_WITHIN}{trick}\n{WRONG}", "test_zoo.py": TRUE_OF_THE_WRONG},
        {"tests.tampered"},
        (FOUR,),
    )
    for name, trick in (
        ("the code exchanges the comparison", "tests._must_give = lambda *a: None"),
        ("the code hides a built-in name", "tests._must_give.__globals__['type'] = lambda _: None"),
        ("the code changes what is compared", "tests._agrees.__code__ = (lambda got, expected: True).__code__"),
        ("the code changes a test", "tests.test_example_1.__code__ = (lambda: None).__code__"),
        ("the code exchanges the tests", "sys.modules['test_acceptance'] = sys"),
    )
)

PAST_THE_EXAMPLES = (*IN_MEMORY, *WHILE_RUNNING, *EVERYTHING, *MEDDLING)
