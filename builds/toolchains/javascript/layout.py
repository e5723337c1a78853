"""Which file of a JavaScript or TypeScript project is what, told from its path alone."""

import re
from collections.abc import Iterable
from dataclasses import dataclass
from pathlib import PurePosixPath

TEST_FOLDERS = {"test", "tests", "__tests__"}
TEST_NAME = re.compile(r"(?:test-.+|test|.+[.\-_]test)")
CONFIGURATION = re.compile(r".+\.config")


@dataclass(frozen=True)
class Layout:
    """How the files of one language end, the usual ending first."""

    language: str
    endings: tuple[str, ...]

    def is_test(self, path: str) -> bool:
        """Say whether ``node --test`` would run a file, by its default patterns."""
        pure = PurePosixPath(path)
        is_named = TEST_NAME.fullmatch(pure.stem) is not None
        return pure.suffix in self.endings and (is_named or "test" in pure.parts[:-1])

    def is_code(self, path: str) -> bool:
        """Say whether a file is part of what the tests judge: no test, no test's support, no tool's configuration."""
        pure = PurePosixPath(path)
        return (
            pure.suffix in self.endings
            and not self.is_test(path)
            and TEST_FOLDERS.isdisjoint(pure.parts[:-1])
            and CONFIGURATION.fullmatch(pure.stem) is None
        )

    def code_files(self, paths: Iterable[str]) -> list[str]:
        """Return the code of a project, in the order of the paths."""
        return sorted(filter(self.is_code, paths))

    def test_files(self, paths: Iterable[str]) -> list[str]:
        """Return the test files of a project, in the order in which they are run."""
        return sorted(filter(self.is_test, paths))


JAVASCRIPT = Layout("javascript", (".js", ".mjs", ".cjs"))
TYPESCRIPT = Layout("typescript", (".ts", ".mts", ".cts", *JAVASCRIPT.endings))
"""Node runs both side by side, so what a project has of the one is judged with the other."""
