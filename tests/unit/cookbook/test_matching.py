from pathlib import Path

import pytest

from builds.agent.cookbook.library import Recipe, all_recipes
from builds.agent.cookbook.matching import Match, NoMatch, find_recipe, rank, unexplained_words
from builds.agent.cookbook.measure import Phrasing, load_phrasings, measure, report

PHRASINGS = load_phrasings(Path(__file__).with_name("phrasings.toml"))
MEASURED_RECALL = 0.96
MEASURED_HOLDOUT_RECALL = 0.91


def found(requirements: str, language: str = "python") -> str:
    answer = find_recipe(requirements, language)
    return answer.recipe.name if isinstance(answer, Match) else ""


@pytest.mark.parametrize("phrasing", PHRASINGS, ids=lambda phrasing: phrasing.text)
def test_a_phrasing_never_finds_a_wrong_recipe(phrasing: Phrasing) -> None:
    assert found(phrasing.text) in {"", phrasing.expects}


def test_the_table_is_large_and_a_third_of_it_was_held_out() -> None:
    held_out = [phrasing for phrasing in PHRASINGS if phrasing.is_holdout]
    assert len(PHRASINGS) >= 200
    assert len(held_out) * 3 >= len(PHRASINGS)


def test_recall_stays_as_measured() -> None:
    assert measure(PHRASINGS).recall >= MEASURED_RECALL
    assert measure(phrasing for phrasing in PHRASINGS if phrasing.is_holdout).recall >= MEASURED_HOLDOUT_RECALL


def test_the_report_names_precision_and_recall() -> None:
    lines = report(PHRASINGS[:5])
    assert lines[0].startswith("tuned: precision 1.000, recall")
    assert any(line.startswith("floor 1.0:") for line in lines)


@pytest.mark.parametrize("recipe", all_recipes(), ids=lambda recipe: recipe.name)
@pytest.mark.parametrize("language", ["en", "ru"])
def test_a_recipe_is_found_by_its_own_description(recipe: Recipe, language: str) -> None:
    assert found(recipe.description(language)) == recipe.name


@pytest.mark.parametrize("language", ["javascript", "rust", "", "python2"])
def test_another_language_never_finds_a_recipe(language: str) -> None:
    assert found("FizzBuzz", language) == ""
    assert found("FizzBuzz", "Python") == "fizzbuzz"


def test_politeness_tests_and_type_hints_do_not_matter() -> None:
    polite = "Hello! Could you please write me a small Python module with type hints and unit tests: Roman numerals"
    assert found(polite + " to integers, thanks") == "roman"
    assert found("Привет! Напиши, пожалуйста, на питоне с тестами и аннотациями типов шифр Цезаря") == "ciphers"


def test_an_example_may_name_a_function_that_the_recipe_does_not_have() -> None:
    assert found("integers to Roman numerals, int2roman(4) -> 'IV'") == "roman"


def test_a_function_named_outside_an_example_must_exist() -> None:
    assert found("integers to Roman numerals with a function to_roman") == "roman"
    assert found("integers to Roman numerals with a function make_numeral") == ""


def test_one_word_that_nothing_explains_is_enough_to_refuse() -> None:
    roman = next(recipe for recipe in all_recipes() if recipe.name == "roman")
    request = "convert Roman numerals to Chinese numerals"
    assert unexplained_words(request, roman) == ["chinese"]
    assert found(request) == ""


def test_the_direction_of_a_conversion_matters() -> None:
    assert found("convert Markdown to HTML") == found("HTML from Markdown") == "markdown_html"
    assert found("convert HTML to Markdown") == found("Markdown from HTML") == ""


def test_a_request_for_two_recipes_finds_none() -> None:
    assert found("FizzBuzz and Fibonacci numbers") == ""


def test_the_three_nearest_are_named_where_none_fits() -> None:
    answer = find_recipe("an LRU cache backed by Redis", "python")
    assert isinstance(answer, NoMatch)
    assert len(answer.nearest) == 3
    assert answer.nearest[0].name == "lru_cache"


def test_the_nearest_are_named_for_another_language_too() -> None:
    answer = find_recipe("римские числа", "go")
    assert isinstance(answer, NoMatch)
    assert answer.nearest[0].name == "roman"


def test_all_recipes_are_ranked_best_first() -> None:
    ranked = rank("roman numerals from integers", "python")
    assert len(ranked) == len(all_recipes())
    assert (ranked[0].recipe.name, ranked[0].score) == ("roman", 1.0)


@pytest.mark.parametrize("text", ["", " ", "???", "🙂", "a" * 100_000, "(" * 50_000, "f(" * 20_000, '"' * 20_000])
def test_odd_texts_find_nothing(text: str) -> None:
    assert found(text) == ""
