import json
from typing import Literal

import pytest
from pydantic import JsonValue

from builds.agent.cookbook.library import Recipe, all_recipes
from builds.agent.cookbook.model import CookbookModel
from builds.agent.errors import AgentError, Cancelled
from builds.agent.parsing.files import parse_files
from builds.agent.ports import ChatModel
from builds.agent.structures import Analysis, Plan
from builds.agent.values import ModelReply, ModelRequest

Purpose = Literal["analyse", "plan", "code", "tests", "repair", "format"]
ROMAN = "A function that converts integers to Roman numerals and back"


def request(purpose: Purpose, requirements: str = ROMAN, language: str = "python") -> ModelRequest:
    inputs: dict[str, JsonValue] = {"requirements": requirements, "language": language}
    return ModelRequest(purpose=purpose, messages=(), inputs=inputs, max_output_tokens=1000)


def ask(asked: ModelRequest) -> ModelReply:
    model: ChatModel = CookbookModel()
    return model.complete(asked, on_text=lambda _: None, is_cancelled=lambda: False)


def error(asked: ModelRequest) -> AgentError:
    with pytest.raises(AgentError) as caught:
        ask(asked)
    return caught.value


def test_the_analysis_names_the_interface_and_its_origin() -> None:
    analysis = json.loads(ask(request("analyse")).text)
    assert analysis["interface"][0] == {
        "module": "roman",
        "name": "to_roman",
        "signature": "to_roman(number: int) -> str",
        "summary": "Write a whole number from 1 to 3999 as a Roman numeral.",
        "errors": ["TypeError", "ValueError"],
    }
    assert "This is a recipe from Agentsite's cookbook, not a model's answer." in analysis["assumptions"]
    assert (analysis["questions"], analysis["risk"]) == ([], "low")


def test_the_plan_names_files_tests_and_steps() -> None:
    plan = json.loads(ask(request("plan")).text)
    assert [file["path"] for file in plan["files"]] == ["roman.py"]
    assert len(plan["tests"]) == 2
    assert plan["steps"]


def test_code_comes_in_fenced_blocks_without_tests() -> None:
    text = ask(request("code")).text
    assert text.startswith("From Agentsite's cookbook: the recipe “Roman numerals”.\n\n```python roman.py\n")
    assert "def to_roman" in text
    assert "test_roman.py" not in text
    assert text.count("```") == 2


def test_tests_come_without_the_code() -> None:
    text = ask(request("tests")).text
    assert "```python test_roman.py\n" in text
    assert "def to_roman" not in text


def test_the_answer_costs_nothing_and_names_the_cookbook() -> None:
    reply = ask(request("code"))
    assert (reply.model, reply.tokens_input, reply.tokens_output) == ("cookbook:recipes", 0, 0)
    assert not reply.is_estimated


def test_the_answer_is_streamed_in_pieces() -> None:
    pieces: list[str] = []
    reply = CookbookModel().complete(request("code"), on_text=pieces.append, is_cancelled=lambda: False)
    assert "".join(pieces) == reply.text
    assert len(pieces) > 3


def test_the_same_request_gets_the_same_answer() -> None:
    assert ask(request("code")) == ask(request("code"))


@pytest.mark.parametrize("purpose", ["repair", "format"])
def test_recipes_cannot_be_repaired(purpose: Purpose) -> None:
    failure = error(request(purpose))
    assert failure.code == "model.cannot_repair"
    assert failure.details == {"recipe": "Roman numerals"}


def test_an_answer_cannot_be_mended_without_the_request_either() -> None:
    asked = ModelRequest(purpose="format", messages=(), inputs={"answer": "?"}, max_output_tokens=10)
    assert error(asked).code == "model.cannot_repair"


@pytest.mark.parametrize("recipe", all_recipes(), ids=lambda recipe: recipe.name)
def test_every_recipe_can_be_read_out_of_the_answers(recipe: Recipe) -> None:
    wanted = recipe.description("en")
    code = parse_files(ask(request("code", wanted)).text, language="python")
    tests = parse_files(ask(request("tests", wanted)).text, language="python")
    assert (code.files, tests.files) == (recipe.code, recipe.tests)
    analysis = Analysis.model_validate_json(ask(request("analyse", wanted)).text)
    assert len(analysis.interface) == len(recipe.functions)
    assert Plan.model_validate_json(ask(request("plan", wanted)).text).files


def test_a_request_without_a_recipe_names_the_three_nearest() -> None:
    failure = error(request("analyse", "Roman numerals with a GUI"))
    assert failure.code == "model.no_recipe"
    nearest = failure.details["nearest"]
    assert isinstance(nearest, list)
    assert len(nearest) == 3
    assert nearest[0] == {"name": "roman", "title": "Roman numerals"}


def test_another_language_has_no_recipe() -> None:
    assert error(request("code", language="javascript")).code == "model.no_recipe"


def test_missing_inputs_find_nothing() -> None:
    asked = ModelRequest(purpose="code", messages=(), inputs={}, max_output_tokens=10)
    assert error(asked).code == "model.no_recipe"


@pytest.mark.parametrize("calls_before", [0, 2])
def test_a_cancelled_run_stops(calls_before: int) -> None:
    calls = 0

    def is_cancelled() -> bool:
        nonlocal calls
        calls += 1
        return calls > calls_before

    pieces: list[str] = []
    with pytest.raises(Cancelled):
        CookbookModel().complete(request("code"), on_text=pieces.append, is_cancelled=is_cancelled)
    assert len(pieces) == max(calls_before - 1, 0)


def fork(requirements: str) -> ModelRequest:
    asked = request("analyse", requirements)
    return asked.model_copy(update={"inputs": {**asked.inputs, "earlier": ROMAN}})


@pytest.mark.parametrize(
    "change", ["Also support zero.", "The same, please.", "Also draw a clock: clock(4) == 'IIII'", ""]
)
def test_a_project_that_is_there_cannot_be_changed(change: str) -> None:
    assert error(fork(change)).code == "model.cannot_extend"


def test_a_change_that_only_adds_examples_of_the_recipe_is_answered_with_it() -> None:
    assert "to_roman" in ask(fork("And from_roman('XLII') == 42")).text


def test_a_placeholder_of_the_input_guard_asks_for_no_recipe() -> None:
    asked = request("analyse", f"{ROMAN}, [e-mail 1], [card 1]")
    inputs: dict[str, JsonValue] = {**asked.inputs, "left_out": ["[e-mail 1]", "[card 1]"]}
    assert error(asked).code == "model.no_recipe"
    assert "to_roman" in ask(asked.model_copy(update={"inputs": inputs})).text
