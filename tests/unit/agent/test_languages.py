"""What prompts and projects say in each language's own way."""

import json

import pytest

from builds.agent import languages, prompting
from builds.agent.languages import LANGUAGES, support_files, words
from builds.agent.values import JsonDict
from builds.toolchains.registry import TOOLCHAINS

INPUTS: JsonDict = {
    **dict.fromkeys(("project_name", "requirements", "description", "remark", "plan", "examples", "passages"), "x"),
    **dict.fromkeys(("analysis", "behaviours", "failures", "files", "acceptance_paths", "problem", "answer"), "x"),
}


def rendered(purpose: str, language: str) -> str:
    messages = prompting.render(purpose, {**INPUTS, "language": language}, most=1000)
    return "\n".join(message.content for message in messages)


def test_every_toolchain_has_its_words() -> None:
    assert set(TOOLCHAINS) == set(LANGUAGES)
    assert {frozenset(words(language)) for language in LANGUAGES} == {frozenset(words("python"))}
    assert all(text for language in LANGUAGES for text in words(language).values())


@pytest.mark.parametrize("language", ["javascript", "typescript"])
@pytest.mark.parametrize("purpose", ["analyse", "plan", "code", "tests", "repair", "format"])
def test_a_prompt_for_another_language_speaks_of_no_python(purpose: str, language: str) -> None:
    text = rendered(purpose, language).lower()
    assert [word for word in ("python", "pytest", "tmp_path", "docstring", ".py", "{{") if word in text] == []


@pytest.mark.parametrize("purpose", ["code", "tests", "repair"])
def test_each_language_is_shown_its_own_form(purpose: str) -> None:
    assert "```python" in rendered(purpose, "python")
    assert "```javascript" in rendered(purpose, "javascript")
    assert "```typescript" in rendered(purpose, "typescript")


def test_the_words_of_a_user_can_not_name_a_place() -> None:
    text = prompting.render("code", {**INPUTS, "language": "python", "requirements": "{{ library }}"}, most=99)
    assert "{{ library }}" in text[1].content


def test_a_language_that_nobody_knows_is_an_error() -> None:
    with pytest.raises(KeyError):
        languages.words("../python")


@pytest.mark.parametrize(
    ("code", "kind"),
    [("export const x = 1;", "module"), ("module.exports = 1;", None), ("const fs = require('fs');", None)],
)
def test_a_javascript_project_can_be_used_as_it_is(code: str, kind: str | None) -> None:
    files = support_files("javascript", project_name="Roman Numerals!", code={"a.js": code})
    about = json.loads(files["package.json"])
    assert (about["name"], about["scripts"]["test"], about.get("type")) == ("roman-numerals", "node --test", kind)


def test_a_typescript_project_tells_tsc_what_node_can_run() -> None:
    files = support_files("typescript", project_name="Roman", code={"a.ts": "export const x: number = 1;"})
    about, options = (json.loads(files[name]) for name in ("package.json", "tsconfig.json"))
    assert (about["type"], about["scripts"]["test"], about["engines"]) == ("module", "node --test", {"node": ">=22.18"})
    assert options["compilerOptions"]["erasableSyntaxOnly"]


def test_a_python_project_needs_no_more_files() -> None:
    assert support_files("python", project_name="x", code={}) == {}
