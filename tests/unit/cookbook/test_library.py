import ast
import sys

import pytest

from builds.agent.cookbook.library import Recipe, all_recipes

each_recipe = pytest.mark.parametrize("recipe", all_recipes(), ids=lambda recipe: recipe.name)


def declared(recipe: Recipe) -> set[tuple[str, str]]:
    return {(function.module, function.name) for function in recipe.functions}


def public_names(path: str, text: str) -> set[tuple[str, str]]:
    module = path.removesuffix(".py")
    names = set()
    for node in ast.parse(text).body:
        if isinstance(node, ast.ClassDef | ast.FunctionDef) and not node.name.startswith("_"):
            names.add((module, node.name))
        if isinstance(node, ast.ClassDef) and not node.name.startswith("_"):
            methods = (item.name for item in node.body if isinstance(item, ast.FunctionDef))
            names |= {(module, f"{node.name}.{name}") for name in methods if not name.startswith("_")}
    return names


def test_there_are_recipes_in_order_of_name() -> None:
    names = [recipe.name for recipe in all_recipes()]
    assert len(names) >= 40
    assert names == sorted(names)


def test_recipes_are_read_once() -> None:
    assert all_recipes() is all_recipes()


@each_recipe
def test_a_recipe_has_code_and_tests_apart(recipe: Recipe) -> None:
    assert recipe.code
    assert recipe.tests
    assert not any(path.startswith("test_") for path in recipe.code)
    assert all(path.startswith("test_") for path in recipe.tests)


@each_recipe
def test_a_recipe_declares_exactly_its_public_interface(recipe: Recipe) -> None:
    assert declared(recipe) == set().union(*(public_names(path, text) for path, text in recipe.code.items()))


@each_recipe
def test_declared_errors_are_documented(recipe: Recipe) -> None:
    code = "\n".join(recipe.code.values())
    errors = {error for function in recipe.functions for error in function.errors}
    assert all(f":raises {error}:" in code for error in errors)


@each_recipe
def test_a_recipe_speaks_both_languages(recipe: Recipe) -> None:
    assert recipe.title("en") != ""
    assert recipe.description("ru") != recipe.description("en")
    assert recipe.title("de") == recipe.title("en")


@each_recipe
def test_no_module_hides_one_of_the_standard_library(recipe: Recipe) -> None:
    modules = {path.removesuffix(".py") for path in recipe.code}
    assert not modules & set(sys.stdlib_module_names)


@each_recipe
def test_every_public_function_is_named_in_the_tests(recipe: Recipe) -> None:
    tests = "\n".join(recipe.tests.values())
    names = {function.name.split(".")[-1] for function in recipe.functions}
    classes_seen_through_results = {"LogEntry", "LogSummary", "TextStatistics", "ColumnSummary"}
    assert all(name in tests for name in names - classes_seen_through_results)


@each_recipe
def test_recipes_import_nothing_but_the_standard_library_and_themselves(recipe: Recipe) -> None:
    own = {path.removesuffix(".py") for path in recipe.code}
    for text in recipe.code.values():
        assert imported(text) <= own | set(sys.stdlib_module_names)


def imported(text: str) -> set[str]:
    names: set[str] = set()
    for node in ast.walk(ast.parse(text)):
        if isinstance(node, ast.Import):
            names |= {alias.name.split(".")[0] for alias in node.names}
        if isinstance(node, ast.ImportFrom):
            names.add((node.module or "").split(".")[0])
    return names
