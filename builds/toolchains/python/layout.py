"""Which file of a Python project is what, told from its path alone."""

from collections.abc import Iterable
from pathlib import PurePosixPath

TEST_FOLDERS = {"test", "tests"}
NOT_CODE = {"conftest.py", "setup.py", "noxfile.py"}


def is_test(path: str) -> bool:
    """Say whether pytest would collect a file, by its default patterns."""
    name = PurePosixPath(path).name
    return name.endswith(".py") and (name.startswith("test_") or name.endswith("_test.py"))


def is_code(path: str) -> bool:
    """Say whether a file is part of what the tests judge: neither a test nor a test's own support."""
    pure = PurePosixPath(path)
    return (
        pure.suffix == ".py"
        and not is_test(path)
        and pure.name not in NOT_CODE
        and TEST_FOLDERS.isdisjoint(pure.parts[:-1])
    )


def code_files(paths: Iterable[str]) -> list[str]:
    """Return the code of a project, in the order of the paths."""
    return sorted(path for path in paths if is_code(path))


def module_name(path: str) -> str:
    """Return the dotted name under which a file is imported, with a ``src`` folder left out."""
    return path.removeprefix("src/").removesuffix(".py").removesuffix("/__init__").replace("/", ".")
