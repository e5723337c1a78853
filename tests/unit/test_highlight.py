"""Source code with colours."""

import pytest

from builds.pages.highlight import highlighted


@pytest.mark.parametrize("path", ["a.py", "a.js", "lib/a.mjs", "a.ts", "lib/a.mts", "a.cts", "tsconfig.json"])
def test_every_file_of_a_project_has_its_colours(path: str) -> None:
    assert highlighted(path, '{ "x": 1 }\n').count("<span") > 2


def test_what_nobody_knows_is_plain() -> None:
    assert highlighted("a.unknown", "<b>\n") == '<span class="line">&lt;b&gt;</span>'
