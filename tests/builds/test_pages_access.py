"""Who may see which page."""

import io
import zipfile

import pytest
from django.test import Client
from django.urls import reverse

from agentsite.accounts.models import User
from builds.models.build import Build
from tests import factories

pytestmark = pytest.mark.django_db
OPEN = ("start", "new", "list")
OF_A_BUILD = ("detail", "panels", "archive", "file")
ACTS = ("cancel", "retry", "fork")


def address(name: str, build: Build) -> str:
    more = {"attempt": 1, "path": "roman.py"} if name == "file" else {}
    return reverse(f"builds:{name}", kwargs={"build_id": build.id} | more)


@pytest.mark.parametrize("name", OPEN)
def test_nobody_is_sent_to_the_login(client: Client, name: str) -> None:
    path = reverse(f"builds:{name}")
    assert client.get(path).headers["Location"] == f"/login/?next={path}"


@pytest.mark.parametrize("name", [*OF_A_BUILD, *ACTS])
def test_nobody_sees_or_changes_a_build(client: Client, owner: User, name: str) -> None:
    build = factories.completed(owner)
    path = address(name, build)
    answer = client.post(path) if name in ACTS else client.get(path)
    assert answer.status_code == 302
    assert answer.headers["Location"].startswith("/login/")
    assert Build.objects.count() == 1


@pytest.mark.parametrize("name", OF_A_BUILD)
def test_owner_and_operator_see_a_build_and_a_stranger_finds_nothing(
    client: Client, owner: User, stranger: User, operator: User, name: str
) -> None:
    path = address(name, factories.completed(owner))
    for user, status in ((owner, 200), (operator, 200), (stranger, 404)):
        client.force_login(user)
        assert (user.username, client.get(path).status_code) == (user.username, status)


@pytest.mark.parametrize("name", ACTS)
def test_a_stranger_cannot_act_on_a_build(client: Client, owner: User, stranger: User, name: str) -> None:
    build = factories.submitted(owner)
    client.force_login(stranger)
    assert client.post(address(name, build)).status_code == 404
    build.refresh_from_db()
    assert (build.status, Build.objects.count()) == ("pending", 1)


@pytest.mark.parametrize("name", ["cancel", "retry"])
def test_a_build_is_not_changed_by_following_a_link(client: Client, owner: User, name: str) -> None:
    client.force_login(owner)
    assert client.get(address(name, factories.submitted(owner))).status_code == 405


def test_cancelling_ends_a_waiting_build_and_says_so(client: Client, owner: User) -> None:
    build = factories.submitted(owner)
    client.force_login(owner)
    page = client.post(address("cancel", build), follow=True)
    assert "“Roman numerals” was cancelled." in page.content.decode()
    build.refresh_from_db()
    assert build.status == "cancelled"


def test_cancelling_what_has_ended_says_that(client: Client, owner: User) -> None:
    client.force_login(owner)
    page = client.post(address("cancel", factories.completed(owner)), follow=True)
    assert "has ended already" in page.content.decode()


def test_trying_again_leads_to_a_new_build_of_the_same_request(client: Client, owner: User) -> None:
    build = factories.failed(owner)
    client.force_login(owner)
    answer = client.post(address("retry", build))
    again = Build.objects.get(parent=build)
    assert answer.headers["Location"] == again.get_absolute_url()
    assert again.requirements == build.requirements


def test_a_file_is_plain_text_whatever_is_in_it(client: Client, owner: User) -> None:
    build, claim = factories.running(owner)
    factories.save(build, claim, 2, {"page.html": "<script>alert(1)</script>"})
    client.force_login(owner)
    answer = client.get(f"/builds/{build.id}/files/2/page.html")
    assert answer.headers["Content-Type"] == "text/plain; charset=utf-8"
    assert answer.headers["X-Content-Type-Options"] == "nosniff"


def test_a_file_that_is_not_there_is_404(client: Client, owner: User) -> None:
    build = factories.completed(owner)
    client.force_login(owner)
    for path in ("files/1/nothing.py", "files/9/roman.py", "files/1/../roman.py"):
        assert client.get(f"/builds/{build.id}/{path}").status_code == 404


def test_the_archive_holds_the_last_attempt_or_the_wanted_one(client: Client, owner: User) -> None:
    build = factories.completed(owner)
    client.force_login(owner)
    for query, text in (("", factories.CODE), ("?attempt=1", factories.FIRST_CODE)):
        content = client.get(address("archive", build) + query).content
        assert zipfile.ZipFile(io.BytesIO(content)).read("roman-numerals/roman.py").decode() == text


def test_a_build_without_files_has_no_archive(client: Client, owner: User) -> None:
    client.force_login(owner)
    assert client.get(address("archive", factories.submitted(owner))).status_code == 404
