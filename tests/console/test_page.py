"""A build's page in the console: what it says, and that nothing foreign is more than text."""

from datetime import timedelta
from typing import Any
from uuid import uuid4

import pytest
from django.db import connection
from django.test import Client
from django.test.utils import CaptureQueriesContext
from django.urls import reverse
from django.utils import timezone

from agentsite.accounts.models import User
from builds import admin_page
from builds.models.build import Build
from builds.models.files import BuildFile
from builds.models.run import Run, RunEvent
from tests import factories
from tests.console.asking import done, page_of

pytestmark = pytest.mark.django_db
HOSTILE = '"><script>alert(1)</script>'


def text_of(console: Client, row: Any) -> str:
    page = console.get(page_of(row))
    assert page.status_code == 200
    return page.content.decode()


def test_it_shows_steps_events_files_proofs_and_what_was_written_down(console: Client, owner: User) -> None:
    text = text_of(console, factories.completed(owner))
    for expected in ("Repair", "tests.ran", "2 of 2 passed", "roman.py", "Nothing was proved.", "build.submitted"):
        assert (expected, expected in text) == (expected, expected != "Nothing was proved.")


def test_a_failure_says_why_whose_fault_it_is_and_what_to_do(console: Client, owner: User) -> None:
    text = text_of(console, factories.failed(owner))
    for expected in ("The tests still fail after 3 repairs.", "the model is at fault", "a retry can help", "Retry…"):
        assert expected in text


def test_a_stuck_build_says_why_and_what_to_do(console: Client, owner: User) -> None:
    build, _claim = factories.running(owner)
    RunEvent.objects.filter(run=build.run).update(created_at=timezone.now() - timedelta(minutes=11))
    for row in (build, build.run):
        text = text_of(console, row)
        assert "nothing has happened for more than ten minutes" in text
        assert "Reassign" in text


def test_a_waiting_build_says_its_place_and_for_what_it_waits(console: Client, owner: User) -> None:
    build = factories.submitted(owner)
    assert "at place 1" in text_of(console, build)
    Run.objects.update(state="waiting", next_attempt_at=timezone.now())
    Build.objects.update(status="waiting")
    assert "waits for its model" in text_of(console, build)


def test_acts_on_it_are_written_down_on_it(console: Client, owner: User) -> None:
    build = factories.submitted(owner)
    done(console, "cancel", build, reason=f"No more {HOSTILE}")
    text = text_of(console, build)
    assert "build.cancel_requested" in text
    assert "No more &quot;&gt;&lt;script&gt;" in text


def test_nothing_foreign_is_more_than_text(console: Client, owner: User) -> None:
    build, claim = factories.running(owner, name=HOSTILE, requirements=HOSTILE)
    factories.save(build, claim, 2, {"readme.md": HOSTILE})
    factories.tell(build, "files.changed", {"attempt": 2, "paths": [HOSTILE]}, node="repair")
    file = BuildFile.objects.get(path="readme.md")
    for path in (page_of(build), page_of(build.run), reverse("admin:builds_build_file", args=[build.pk, file.pk])):
        text = console.get(path).content.decode()
        assert "<script>alert" not in text
    assert "&quot;&gt;&lt;script&gt;alert(1)" in text


def test_a_file_belongs_to_its_build(console: Client, owner: User) -> None:
    build, other = factories.completed(owner), factories.completed(owner)
    file = BuildFile.objects.filter(build=build).first()
    assert file is not None
    for path in ([other.pk, file.pk], [build.pk, 0], [uuid4(), file.pk]):
        assert console.get(reverse("admin:builds_build_file", args=path)).status_code == 404


@pytest.mark.parametrize("garbage", ["x", "0", "01a22904-4aff-7744-bc1d-0d99c6eb6f20", "../../1"])
def test_what_is_not_there_is_not_found(console: Client, garbage: str) -> None:
    assert console.get(f"/admin/builds/build/{garbage}/change/").status_code == 404


def test_it_is_bounded_and_costs_the_same(console: Client, owner: User, monkeypatch: pytest.MonkeyPatch) -> None:
    build, _claim = factories.running(owner)
    counts = []
    for number in range(2):
        with CaptureQueriesContext(connection) as queries:
            text_of(console, build)
        counts.append(len(queries))
        for _ in range(5):
            factories.tell(build, f"odd.kind_{number}")
    assert counts[0] == counts[1]
    monkeypatch.setattr(admin_page, "MOST_EVENTS", 3)
    monkeypatch.setattr(admin_page, "MOST_FILES", 1)
    text = text_of(console, build)
    assert "older events are not shown" in text
    assert "2 files of older attempts are not listed" in text


def test_nothing_is_edited_here(console: Client, owner: User) -> None:
    build = factories.submitted(owner, name="Before")
    console.post(page_of(build), {"project_name": "After"})
    assert console.get(reverse("admin:builds_build_add")).status_code == 403
    assert Build.objects.get().project_name == "Before"
