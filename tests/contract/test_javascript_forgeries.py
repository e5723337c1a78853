"""No way is known to turn a JavaScript project that does not work into a verified one."""

import pytest

from builds.sandbox.choose import choose_sandbox
from builds.toolchains.javascript import JavaScriptToolchain
from tests.contract.forgeries import Forgery
from tests.contract.javascript_forgeries import JAVASCRIPT_FORGERIES
from tests.contract.javascript_projects import HONEST, needs_node
from tests.contract.judged import judged

pytestmark = [pytest.mark.sandbox, pytest.mark.in_part, needs_node]


@pytest.fixture(scope="module")
def toolchain() -> JavaScriptToolchain:
    return JavaScriptToolchain(choose_sandbox())


def test_an_honest_project_is_verified(toolchain: JavaScriptToolchain) -> None:
    assert judged(toolchain, HONEST) == ("verified", set())


@pytest.mark.parametrize("forgery", JAVASCRIPT_FORGERIES, ids=lambda forgery: forgery.name)
def test_a_forgery_is_not_verified_and_the_reason_is_named(toolchain: JavaScriptToolchain, forgery: Forgery) -> None:
    verification, reasons = judged(toolchain, forgery.files)
    assert verification != "verified"
    assert reasons & forgery.reasons, reasons
