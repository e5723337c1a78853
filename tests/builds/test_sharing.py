"""Letting others read a build, and nothing more."""

from datetime import timedelta

import pytest
from django.test import Client
from django.utils import timezone
from rest_framework.test import APIClient

from agentsite.accounts.models import User
from audit.models import AuditLog
from builds import sharing
from builds.models.build import Build
from builds.models.share import BuildShare
from tests import factories

pytestmark = [pytest.mark.django_db, pytest.mark.engine_in_part]


@pytest.fixture
def build(owner: User) -> Build:
    return factories.completed(owner)


def pages(build: Build) -> list[str]:
    page = f"/builds/{build.id}/"
    return [page, f"{page}panels/", f"{page}archive/", f"{page}files/1/roman.py"]


def signed_in(user: User) -> APIClient:
    caller = APIClient()
    caller.force_login(user)
    return caller


def statuses(client: Client, build: Build) -> set[int]:
    return {client.get(path).status_code for path in pages(build)}


def test_a_person_reads_what_is_shared_with_them(owner: User, viewer: User, stranger: User, build: Build) -> None:
    sharing.share_build(user=owner, build=build, username="viewer")
    assert statuses(signed_in(viewer), build) == {200}
    assert statuses(signed_in(stranger), build) == {404}
    assert statuses(Client(), build) == {302}


def test_whoever_has_a_link_reads_that_build_and_no_other(client: Client, owner: User, build: Build) -> None:
    other = factories.completed(owner)
    path = sharing.share_build(user=owner, build=build).path
    assert client.get(path)["Location"] == f"/builds/{build.id}/"
    assert statuses(client, build) == {200}
    assert statuses(client, other) == {302}
    assert client.get("/builds/").status_code == 302


@pytest.mark.parametrize("act", ["cancel", "retry", "fork", "shares"])
def test_a_share_changes_nothing(client: Client, owner: User, stranger: User, act: str) -> None:
    build = factories.submitted(owner)
    sharing.share_build(user=owner, build=build, username="stranger")
    client.get(sharing.share_build(user=owner, build=build).path)
    assert client.post(f"/builds/{build.id}/{act}/").status_code == 302
    reader = signed_in(stranger)
    assert reader.post(f"/builds/{build.id}/{act}/").status_code == 404
    assert reader.post(f"/api/v1/builds/{build.id}/{act}/", {}, format="json").status_code == 404
    build.refresh_from_db()
    assert (build.status, Build.objects.count(), BuildShare.objects.count()) == ("pending", 1, 2)


def test_a_reader_sees_no_button_that_they_may_not_press(owner: User, viewer: User, build: Build) -> None:
    sharing.share_build(user=owner, build=build, username="viewer")
    shown, own = (signed_in(user).get(f"/builds/{build.id}/").content.decode() for user in (viewer, owner))
    for address in ("/retry/", "/fork/", "/shares/"):
        assert f"/builds/{build.id}{address}" not in shown
        assert f"/builds/{build.id}{address}" in own


def test_a_share_that_was_ended_or_is_over_opens_nothing(
    client: Client, owner: User, viewer: User, build: Build
) -> None:
    made = sharing.share_build(user=owner, build=build)
    client.get(made.path)
    sharing.unshare(user=owner, share=made.share)
    assert statuses(client, build) == {302}
    assert client.get(made.path).status_code == 404
    sharing.share_build(user=owner, build=build, username="viewer", days=1)
    BuildShare.objects.update(expires_at=timezone.now() - timedelta(seconds=1))
    assert statuses(signed_in(viewer), build) == {404}
    assert signed_in(viewer).get("/api/v1/builds/?shared=true").json()["results"] == []


def test_sharing_is_written_down_and_the_token_is_not(owner: User, build: Build) -> None:
    made = sharing.share_build(user=owner, build=build)
    sharing.unshare(user=owner, share=made.share)
    entries = list(AuditLog.objects.filter(action__in=["build.shared", "build.unshared"]).order_by("id"))
    assert [(entry.action, entry.description) for entry in entries] == [
        ("build.shared", "link"),
        ("build.unshared", "link"),
    ]
    assert made.token not in str([vars(entry) for entry in entries])


def test_the_api_shares_lists_and_ends(owner: User, viewer: User, build: Build) -> None:
    caller, shares = signed_in(owner), f"/api/v1/builds/{build.id}/shares/"
    link = caller.post(shares, {}, format="json").json()["link"]
    assert Client().get(link).status_code == 302
    made = caller.post(shares, {"username": "viewer", "days": 7}, format="json").json()
    assert (made["username"], made["link"]) == ("viewer", None)
    reader = signed_in(viewer)
    assert reader.get(f"/api/v1/builds/{build.id}/").status_code == 200
    assert [row["id"] for row in reader.get("/api/v1/builds/?shared=true").json()["results"]] == [str(build.id)]
    assert reader.get("/api/v1/builds/").json()["results"] == []
    assert len(caller.get(shares).json()) == 2
    assert caller.delete(f"{shares}{made['id']}/").status_code == 204
    assert caller.delete(f"{shares}{made['id']}/").status_code == 404
    assert reader.get(f"/api/v1/builds/{build.id}/").status_code == 404


@pytest.mark.parametrize(
    ("wanted", "field"),
    [
        ({"username": "owner"}, "username"),
        ({"username": "nobody"}, "username"),
        ({"username": "x" * 151}, "username"),
        ({"username": "a\x00b"}, "username"),
        ({"days": 0}, "days"),
        ({"days": 366}, "days"),
        ({"day": 1}, "day"),
    ],
)
def test_sharing_that_makes_no_sense_is_refused(
    owner: User, build: Build, wanted: dict[str, object], field: str
) -> None:
    refused = signed_in(owner).post(f"/api/v1/builds/{build.id}/shares/", wanted, format="json")
    assert (refused.status_code, list(refused.json()["error"]["fields"])) == (400, [field])


def test_sharing_again_changes_only_until_when(owner: User, viewer: User, build: Build) -> None:
    sharing.share_build(user=owner, build=build, username="viewer", days=1)
    sharing.share_build(user=owner, build=build, username="viewer")
    assert BuildShare.objects.get().expires_at is None


def test_the_page_shares_by_link_and_by_name_and_ends_it(owner: User, viewer: User, build: Build) -> None:
    person = signed_in(owner)
    shown = person.post(f"/builds/{build.id}/shares/", {"days": "7"}, follow=True).content.decode()
    assert "/shared/" in shown
    person.post(f"/builds/{build.id}/shares/", {"username": "viewer", "days": "forever"})
    assert BuildShare.objects.count() == 1
    person.post(f"/builds/{build.id}/shares/{BuildShare.objects.get().pk}/end/")
    assert not BuildShare.objects.exists()


def test_the_list_shows_what_is_shared(owner: User, viewer: User, build: Build) -> None:
    sharing.share_build(user=owner, build=build, username="viewer")
    reader = signed_in(viewer)
    assert f"/builds/{build.id}/" not in reader.get("/builds/").content.decode()
    assert f"/builds/{build.id}/" in reader.get("/builds/?whose=shared").content.decode()
