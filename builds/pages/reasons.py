"""Why a run or a control proves nothing, in words."""

from django.utils.functional import Promise
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy

_WORDS: dict[str, str | Promise] = {
    "tests.none": gettext_lazy("There were no tests to run."),
    "tests.timeout": gettext_lazy("The tests did not end in time and were stopped."),
    "tests.forged": gettext_lazy("The run was not believed: its record does not match how it ended."),
    "tests.incomplete": gettext_lazy("The tests ended before all of them had run."),
    "tests.no_record": gettext_lazy("The tests ended without a record of what they did."),
    "tests.skipped": gettext_lazy("Some tests were skipped, so nothing is proved."),
    "tests.tampered": gettext_lazy("The code or its tests meddled with the test machinery."),
    "tests.rewritten": gettext_lazy("The code changed files of the project while the tests were collected."),
    "tests.flaky": gettext_lazy("Some tests end in another way when they run in another order."),
    "tests.too_many": gettext_lazy("There are more tests than can be run."),
    "tests.changed_by_repair": gettext_lazy("A repair changed tests, and no example of the request judges the result."),
    "tests.removed_by_repair": gettext_lazy("A repair removed tests."),
    "tests.failing": gettext_lazy("Some tests fail."),
    "examples.failing": gettext_lazy("An example of the request fails when the model's tests are out of the way."),
    "examples.missing": gettext_lazy("An example of the request ran among all tests, but not without the model's."),
    "control.insensitive_tests": gettext_lazy("Too many tests notice nothing."),
    "control.uncovered_functions": gettext_lazy("Some public functions are not run by any test that notices."),
    "control.suspicious_code": gettext_lazy("Some code asks whether it is being tested, or equals everything."),
    "control.mutants_survive": gettext_lazy("Too few small mistakes put into the code were noticed."),
    "control.no_functions": gettext_lazy("There are no public functions to replace."),
    "control.no_passing_tests": gettext_lazy("There were no passing tests to judge."),
    "control.no_record": gettext_lazy("The control ended without a record of what it did."),
    "control.tests_failed": gettext_lazy("The tests failed, so there was nothing to judge."),
    "control.timeout": gettext_lazy("The control did not end in time and was stopped."),
}


def reason_in_words(reason: str) -> str:
    """Return a sentence for a reason's code; one without its own sentence is named."""
    known = _WORDS.get(reason)
    return str(known) if known else _("It proves nothing (%(reason)s).") % {"reason": reason}
