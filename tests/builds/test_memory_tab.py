"""The Memory tab tells its owner what a build was shown, and nobody else what the owner has."""

import json

import pytest
from django.test import Client

from agentsite.accounts.models import User
from builds import library, sharing
from builds.models.build import Build
from builds.models.run import RunEvent
from memory import documents
from tests import factories

pytestmark = [pytest.mark.django_db, pytest.mark.engine]
SECRET = "Secret merger.md"


@pytest.fixture
def build(owner: User, stranger: User) -> Build:
    documents.import_text(user=owner, name=SECRET, text="Roman numerals are what the merger is about.")
    build = factories.completed(owner)
    library.BuildRetriever(build).passages("roman numerals merger", language="python", budget_tokens=1_000)
    sharing.share_build(user=owner, build=build, username=stranger.username)
    return build


def page(client: Client, user: User, build: Build) -> str:
    client.force_login(user)
    address = f"/builds/{build.id}/"
    parts = (client.get(address), client.get(f"{address}panels/"), client.get(f"/api/v1{address}events/"))
    return "\n".join(part.content.decode() for part in parts)


def test_the_owner_sees_what_was_shown_and_why(client: Client, owner: User, build: Build) -> None:
    text = page(client, owner, build)
    assert SECRET in text
    assert "from your documents" in text
    assert "<dt>words</dt>" in text


def test_a_reader_sees_nothing_of_it(client: Client, stranger: User, build: Build) -> None:
    text = page(client, stranger, build)
    assert build.project_name in text
    assert SECRET not in text
    assert "tab-memory" not in text


def test_events_name_no_titles(build: Build) -> None:
    told = json.dumps(list(RunEvent.objects.filter(run_id=build.run_id).values_list("payload", flat=True)))
    assert SECRET not in told


def test_the_page_says_that_memory_was_left_out(client: Client, owner: User) -> None:
    build = factories.completed(owner)
    Build.objects.filter(pk=build.pk).update(use_memory=False)
    assert "asked for without memory" in page(client, owner, build)
