"""Which file of a JavaScript project is what, told from its path alone."""

import re
from collections.abc import Iterable
from pathlib import PurePosixPath

ENDINGS = {".js", ".mjs", ".cjs"}
TEST_FOLDERS = {"test", "tests", "__tests__"}
TEST_NAME = re.compile(r"(?:test-.+|test|.+[.\-_]test)")
CONFIGURATION = re.compile(r".+\.config")


def is_test(path: str) -> bool:
    """Say whether ``node --test`` would run a file, by its default patterns."""
    pure = PurePosixPath(path)
    is_named = TEST_NAME.fullmatch(pure.stem) is not None
    return pure.suffix in ENDINGS and (is_named or "test" in pure.parts[:-1])


def is_code(path: str) -> bool:
    """Say whether a file is part of what the tests judge: no test, no test's support, no tool's configuration."""
    pure = PurePosixPath(path)
    return (
        pure.suffix in ENDINGS
        and not is_test(path)
        and TEST_FOLDERS.isdisjoint(pure.parts[:-1])
        and CONFIGURATION.fullmatch(pure.stem) is None
    )


def code_files(paths: Iterable[str]) -> list[str]:
    """Return the code of a project, in the order of the paths."""
    return sorted(path for path in paths if is_code(path))


def test_files(paths: Iterable[str]) -> list[str]:
    """Return the test files of a project, in the order in which they are run."""
    return sorted(path for path in paths if is_test(path))


test_files.__test__ = False  # type: ignore[attr-defined]  # a question, not a test
