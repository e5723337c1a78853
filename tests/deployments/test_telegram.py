"""Deploying from a chat: choose, say yes, be told."""

import pytest

from agentsite.accounts.models import User
from builds.models.deployment import Deployment
from tests import factories
from tests.deployments.worlds import target_of
from tests.telegram.chatting import Phone, labels
from tests.telegram.conftest import api, linked, phone

pytestmark = [pytest.mark.django_db(transaction=True), pytest.mark.sandbox]
__all__ = ["api", "linked", "phone"]


def test_a_build_is_deployed_from_a_chat(linked: Phone, owner: User) -> None:
    assert "no build of yours was verified" in linked.says("/deploy").last.text
    factories.completed(owner)
    linked.says("/deploy")
    linked.presses("Roman numerals", linked.last)
    assert "make one on the site" in linked.last.text
    target_of(owner)
    linked.presses("Roman numerals", linked.with_button("Roman numerals"))
    question = linked.with_button("production · main")
    linked.presses("production · main", question)
    proposal = linked.with_button("Approve")
    assert "Deploy “Roman numerals” to the branch main of production?" in proposal.text
    assert linked.presses("Approve", proposal) == "Approved."
    done = Deployment.objects.get()
    assert done.status == "healthy", done.report_text
    assert any("healthy" in text and "main is at" in text for text in linked.texts)
    assert not any("Approve" in labels(message) for message in linked.messages)


def test_a_no_from_a_chat_ends_it(linked: Phone, owner: User) -> None:
    factories.completed(owner)
    target_of(owner)
    linked.says("/deploy")
    linked.presses("Roman numerals", linked.last)
    linked.presses("production · main", linked.last)
    linked.presses("Deny", linked.with_button("Deny"))
    linked.says("Not on a Friday")
    done = Deployment.objects.get()
    assert (done.status, done.error_code) == ("failed", "deployment.rejected")
    assert any("Not on a Friday" in text for text in linked.texts)
    assert "Deploy again" in labels(linked.with_button("Deploy again"))
