"""The bot while submissions are paused."""

import pytest

from agentsite.accounts.models import User
from agentsite.accounts.runtime.services import reset_setting, set_setting
from builds.models.build import Build
from builds.models.job import Job
from tests.telegram.chatting import Phone

pytestmark = pytest.mark.django_db(transaction=True)
ROMAN = "Write a Python function to_roman(number) that converts integers to Roman numerals.\n\nto_roman(4) == 'IV'"
WHY = "New disks, back at 14:00."


def test_the_bot_says_why_nothing_is_taken_in_and_goes_on_afterwards(linked: Phone, owner: User) -> None:
    set_setting(user=None, name="SUBMISSIONS", value=f"paused: {WHY}")
    linked.says(ROMAN)
    assert linked.last.text == f"Nothing new is taken in at the moment. {WHY}"
    assert not Job.objects.exists()
    reset_setting(user=None, name="SUBMISSIONS")
    linked.says(ROMAN)
    set_setting(user=None, name="SUBMISSIONS", value=f"paused: {WHY}")
    assert WHY in linked.presses("Approve")
    assert not Build.objects.exists()
    reset_setting(user=None, name="SUBMISSIONS")
    assert linked.presses("Approve") == "Approved."
    assert Build.objects.get(user=owner).status == "completed"
