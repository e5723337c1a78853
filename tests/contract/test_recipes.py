"""Every recipe of the cookbook passes the same judgement as a build, in a real sandbox."""

import pytest

from builds.agent.cookbook.library import Recipe, all_recipes
from builds.sandbox.choose import choose_sandbox
from builds.toolchains.python import PythonToolchain
from tests.contract.judged import rationed

pytestmark = [pytest.mark.sandbox, pytest.mark.in_part]
each_recipe = pytest.mark.parametrize("recipe", rationed(all_recipes()), ids=lambda recipe: recipe.name)


@pytest.fixture(scope="module")
def toolchain() -> PythonToolchain:
    return PythonToolchain(choose_sandbox())


@each_recipe
def test_a_recipe_passes_its_tests_and_covers_its_code(toolchain: PythonToolchain, recipe: Recipe) -> None:
    report = toolchain.run_tests({**recipe.code, **recipe.tests})
    assert (report.outcome, report.reason) == ("passed", ""), report.output
    covered = [file for path, file in report.coverage.items() if path in recipe.code]
    assert sum(file.covered for file in covered) >= 0.95 * sum(file.statements for file in covered) > 0


@pytest.mark.parametrize("recipe", rationed(all_recipes()), ids=lambda recipe: recipe.name)
def test_the_tests_of_a_recipe_notice_stubs(toolchain: PythonToolchain, recipe: Recipe) -> None:
    report = toolchain.negative_control({**recipe.code, **recipe.tests})
    assert (report.outcome, report.uncovered_functions) == ("held", ()), report.insensitive
    assert report.sensitivity_percent is not None
    assert report.sensitivity_percent >= 80
