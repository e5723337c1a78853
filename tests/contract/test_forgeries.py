"""No way is known to turn a project that does not work into a verified one; each is named for what it is."""

import pytest

from builds.sandbox.choose import choose_sandbox
from builds.toolchains.python import PythonToolchain
from tests.contract.forgeries import FORGERIES, Forgery
from tests.contract.forgeries_around import AROUND_THE_LEDGER, PAST_THE_EXAMPLES_TOO
from tests.contract.forgeries_empty import EMPTY_HANDED
from tests.contract.forgeries_examples import FOUR, PAST_THE_EXAMPLES
from tests.contract.forgeries_ledger import AT_THE_LEDGER
from tests.contract.judged import judged, rationed
from tests.contract.projects import HONEST

pytestmark = pytest.mark.sandbox


@pytest.fixture(scope="module")
def toolchain() -> PythonToolchain:
    return PythonToolchain(choose_sandbox())


def test_an_honest_project_is_verified(toolchain: PythonToolchain) -> None:
    assert judged(toolchain, HONEST) == ("verified", set())
    assert judged(toolchain, HONEST, [FOUR]) == ("verified", set())


@pytest.mark.parametrize(
    "forgery",
    [*AROUND_THE_LEDGER, *rationed([*FORGERIES, *EMPTY_HANDED, *AT_THE_LEDGER])],
    ids=lambda forgery: forgery.name,
)
def test_a_forgery_is_not_verified_and_the_reason_is_named(toolchain: PythonToolchain, forgery: Forgery) -> None:
    verification, reasons = judged(toolchain, forgery.files, forgery.examples)
    assert verification != "verified"
    assert reasons & forgery.reasons, reasons


@pytest.mark.parametrize(
    "forgery", rationed([*PAST_THE_EXAMPLES, *PAST_THE_EXAMPLES_TOO]), ids=lambda forgery: forgery.name
)
def test_nothing_gets_past_the_examples_of_the_request(toolchain: PythonToolchain, forgery: Forgery) -> None:
    verification, reasons = judged(toolchain, forgery.files, forgery.examples)
    assert verification == "unverified"
    assert reasons >= forgery.reasons, reasons
