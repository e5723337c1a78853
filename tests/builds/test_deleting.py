"""Deleting a build that has ended: what goes with it, what stays, and who may."""

from concurrent.futures import ThreadPoolExecutor
from typing import Any

import pytest
from django.db import connections, transaction
from django.test import Client
from rest_framework.test import APIClient

from agentsite.accounts.models import IdempotencyKey, StorageUsage, User
from agentsite.common.errors import AppError
from audit.models import AuditLog
from builds import removal, services, sharing
from builds.models.build import Build
from builds.models.files import BuildFile
from builds.models.run import Run, RunEvent
from builds.models.usage import TokenUsage
from builds.states import State
from builds.workspace import stored_tree
from memory.models.vectors import VectorMemory
from memory.services import Document, index_passages
from tests import factories

pytestmark = [pytest.mark.django_db(transaction=True), pytest.mark.engine]


def signed_in(user: User) -> APIClient:
    api = APIClient()
    api.force_login(user)
    return api


def address(build: Build) -> str:
    return f"/api/v1/builds/{build.id}/"


def test_everything_that_is_its_own_goes_and_the_room_comes_back(owner: User) -> None:
    build = factories.completed(owner)
    sharing.share_build(user=owner, build=build)
    document = Document("roman", "def four() -> str: ...", "roman.py")
    index_passages(user_id=owner.pk, build_id=build.id, collection="code", verified=True, documents=[document])
    TokenUsage.objects.create(user=owner, build=build, provider="openai", model="x", call_key="1", cost_usd=1)
    assert signed_in(owner).delete(address(build)).status_code == 204
    gone = (Build, Run, RunEvent, BuildFile, VectorMemory)
    assert [model.objects.count() for model in gone] == [0] * len(gone)
    assert StorageUsage.objects.get(user=owner).bytes_used == 0
    assert TokenUsage.objects.get().build is None
    entry = AuditLog.objects.get(action="build.deleted")
    assert (entry.user_label, entry.description, entry.resource_id) == ("owner", build.project_name, str(build.id))
    assert signed_in(owner).get(address(build)).status_code == 404


def test_a_build_that_has_not_ended_stays(owner: User) -> None:
    build, _claim = factories.running(owner)
    answer = signed_in(owner).delete(address(build))
    assert (answer.status_code, answer.json()["error"]["code"]) == (409, "build.not_final")
    assert Build.objects.filter(pk=build.pk).exists()


def test_an_operator_may_others_may_not(owner: User, stranger: User, operator: User) -> None:
    build = factories.completed(owner)
    sharing.share_build(user=owner, build=build, username=stranger.username)
    assert signed_in(stranger).delete(address(build)).status_code == 404
    assert signed_in(operator).delete(address(build)).status_code == 204
    assert StorageUsage.objects.get(user=owner).bytes_used == 0


def test_forks_and_retries_of_it_go_on(owner: User) -> None:
    build = factories.completed(owner)
    fork = services.fork_build(user=owner, build=build, attempt=2, requirements="Also back")
    files = stored_tree(fork.id, 0)
    removal.delete_build(user=owner, build=build)
    fork.refresh_from_db()
    assert (fork.parent, fork.forked_attempt) == (None, 2)
    assert stored_tree(fork.id, 0) == files != {}
    page = signed_in(owner).get(fork.get_absolute_url()).content.decode()
    assert "continues from a build that was deleted" in page
    services.cancel_build(user=owner, build=fork)
    again = services.retry_build(user=owner, build=fork)
    assert stored_tree(again.id, 0) == files


def test_the_page_asks_by_name_and_then_deletes(client: Client, owner: User) -> None:
    client.force_login(owner)
    build = factories.completed(owner, name="Roman numerals <b>")
    assert f"/builds/{build.id}/delete/" in client.get(build.get_absolute_url()).content.decode()
    asked = client.get(f"/builds/{build.id}/delete/").content.decode()
    assert "Delete “Roman numerals &lt;b&gt;”?" in asked
    assert Build.objects.count() == 1
    answer = client.post(f"/builds/{build.id}/delete/", follow=True)
    assert "“Roman numerals &lt;b&gt;” was deleted." in answer.content.decode()
    assert Build.objects.count() == 0


def test_the_page_of_a_build_that_runs_offers_no_deletion(client: Client, owner: User) -> None:
    client.force_login(owner)
    build, _claim = factories.running(owner)
    path = f"/builds/{build.id}/delete/"
    assert path not in client.get(build.get_absolute_url()).content.decode()
    assert "has not ended yet" in client.get(path).content.decode()
    assert "has not ended yet" in client.post(path, follow=True).content.decode()


def test_what_was_deleted_meanwhile_is_not_there(owner: User) -> None:
    build = factories.completed(owner)
    removal.delete_build(user=owner, build=Build.objects.get(pk=build.pk))
    with pytest.raises(AppError, match=r"request\.not_found"):
        removal.delete_build(user=owner, build=build)
    with pytest.raises(AppError, match=r"request\.not_found"):
        sharing.share_build(user=owner, build=build)


@pytest.mark.services
def test_a_deletion_waits_for_a_fork_that_takes_over_at_this_moment(owner: User) -> None:
    build = factories.completed(owner)

    def delete() -> None:
        try:
            removal.delete_build(user=owner, build=build)
        finally:
            connections.close_all()

    with ThreadPoolExecutor(1) as pool:
        with transaction.atomic():
            fork = services.fork_build(user=owner, build=build, attempt=2, requirements="Also back")
            deleting = pool.submit(delete)
            with pytest.raises(TimeoutError):
                deleting.result(0.5)
        deleting.result(10)
    fork.refresh_from_db()
    assert (fork.parent, fork.status) == (None, State.PENDING)
    assert stored_tree(fork.id, 0)
    assert StorageUsage.objects.get(user=owner).bytes_used == sum(BuildFile.objects.values_list("size", flat=True))


def test_the_kept_answer_of_a_post_forgets_a_deleted_build(owner: User) -> None:
    def post() -> Any:
        wanted = {"project_name": "roman", "requirements": "Roman numerals"}
        return signed_in(owner).post("/api/v1/builds/", wanted, format="json", headers={"Idempotency-Key": "once"})

    build = Build.objects.get(id=post().json()["id"])
    services.cancel_build(user=owner, build=build)
    signed_in(owner).delete(address(build))
    assert "Roman" not in IdempotencyKey.objects.get().answer
    assert (post().status_code, Build.objects.count()) == (404, 0)
