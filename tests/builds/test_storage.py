"""What people's files take: counted as they come and go, limited, and counted again now and then."""

import threading
from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor
from datetime import timedelta
from typing import Any

import pytest
from django.core.cache import cache
from django.db import connections, transaction
from django.test import Client
from django.utils import timezone
from rest_framework.test import APIClient

from agentsite.accounts import storage as room
from agentsite.accounts.models import StorageUsage, User
from agentsite.common.errors import AppError
from builds import analyses, housekeeping, services, storage
from builds.agent.errors import AgentError
from builds.foreign_code import GivenFile
from builds.models.analysis import CodeAnalysis
from builds.models.build import Build
from builds.models.files import Blob, BuildFile
from builds.models.run import Run
from builds.runs.claim import Claim, claim_next
from builds.workspace import BuildWorkspace
from tests import factories

pytestmark = [pytest.mark.django_db(transaction=True), pytest.mark.engine_in_part]
MB = 1_000_000


@pytest.fixture(autouse=True)
def _from_the_first_content_on() -> None:
    cache.clear()


def used(user: User) -> int:
    return StorageUsage.objects.get(user=user).bytes_used


def taken_up(user: User) -> tuple[Build, Claim]:
    build = factories.submitted(user)
    claim = claim_next("worker", run_id=build.run_id)
    assert claim is not None
    return build, claim


def limit(user: User, megabytes: int) -> None:
    User.objects.filter(pk=user.pk).update(storage_quota_mb=megabytes)


def age(**which: Any) -> None:
    Blob.objects.filter(**which).update(created_at=timezone.now() - timedelta(days=2))


def at_once(acts: list[Callable[[], object]]) -> list[object]:
    start = threading.Barrier(len(acts))

    def one(act: Callable[[], object]) -> object:
        start.wait()
        try:
            return act()
        except (AgentError, AppError) as refused:
            return refused.code
        finally:
            connections.close_all()

    with ThreadPoolExecutor(len(acts)) as pool:
        return list(pool.map(one, acts))


def test_every_file_of_every_attempt_counts(owner: User) -> None:
    build, claim = taken_up(owner)
    factories.save(build, claim, 1, {"a.py": "x" * 100, "b.py": "x" * 100})
    factories.save(build, claim, 2, {"a.py": "x" * 100})
    assert used(owner) == 300
    factories.save(build, claim, 2, {"a.py": "y" * 40})
    assert used(owner) == 240


def test_code_that_is_sent_in_counts_until_it_is_deleted(owner: User) -> None:
    analysis = analyses.submit_analysis(user=owner, language="python", code="x = 1\n")
    files = [GivenFile(path="a.py", content="a" * 40), GivenFile(path="b.py", content="b" * 50)]
    analyses.submit_analysis(user=owner, language="python", files=files)
    assert used(owner) == 96
    assert not storage.recount(owner.id)
    assert analyses.delete_analysis(user=owner, analysis=analysis)
    assert used(owner) == 90


def test_code_for_which_there_is_no_room_is_refused_whole(owner: User) -> None:
    limit(owner, 1)
    analyses.submit_analysis(user=owner, language="python", code="x" * 600_000)
    with pytest.raises(AppError) as refused:
        analyses.submit_analysis(user=owner, language="python", code="x" * 600_000)
    assert refused.value.code == "quota.storage"
    assert (CodeAnalysis.objects.count(), Run.objects.count(), used(owner)) == (1, 1, 600_000)


def test_a_fork_and_a_retry_count_what_they_take_over(owner: User) -> None:
    build = factories.completed(owner)
    before = used(owner)
    fork = services.fork_build(user=owner, build=build, attempt=2, requirements="Also back")
    assert used(owner) == before + storage.size_of(build=fork)
    assert storage.size_of(build=fork) > 0


def test_what_does_not_fit_is_not_stored_and_what_is_there_stays(owner: User) -> None:
    limit(owner, 1)
    build, claim = taken_up(owner)
    factories.save(build, claim, 1, {"a.py": "x" * (MB - 100)})
    with pytest.raises(AgentError, match=r"quota\.storage"):
        factories.save(build, claim, 2, {"b.py": "y" * 101})
    assert used(owner) == MB - 100
    assert list(BuildFile.objects.values_list("path", flat=True)) == ["a.py"]
    factories.save(build, claim, 2, {"b.py": "y" * 100})


def test_nothing_can_be_submitted_when_nothing_is_left(owner: User, client: Client) -> None:
    limit(owner, 0)
    api = APIClient()
    api.force_login(owner)
    wanted = {"project_name": "Roman", "requirements": "Roman numerals"}
    answer = api.post("/api/v1/builds/", wanted, format="json")
    assert (answer.status_code, answer.json()["error"]["code"]) == (409, "quota.storage")
    assert "Delete builds" in answer.json()["error"]["hint"]
    client.force_login(owner)
    page = client.post("/builds/new/", wanted | {"language": "python"})
    assert page.status_code == 409
    assert "Your storage is full." in page.content.decode()
    assert Build.objects.count() == 0


def test_a_fork_that_does_not_fit_leaves_nothing(owner: User) -> None:
    build, claim = taken_up(owner)
    factories.save(build, claim, 1, {"a.py": "x" * 600_000})
    limit(owner, 1)
    with pytest.raises(AppError, match=r"quota\.storage"):
        services.fork_build(user=owner, build=build, attempt=1, requirements="Also back")
    assert (Build.objects.count(), used(owner)) == (1, 600_000)


def test_what_is_used_is_told_with_the_limit(owner: User, operator: User, client: Client) -> None:
    build, claim = taken_up(owner)
    factories.save(build, claim, 1, {"a.py": "x" * MB, "b.py": "x" * 234_567})
    client.force_login(owner)
    assert "1.2 of 500 MB" in client.get("/usage/").content.decode()
    for address in ("/api/v1/me/", "/api/v1/usage/"):
        told = client.get(address).json()
        assert (told["storage_used_mb"], told["storage_quota_mb"]) == (1.235, 500)
    client.force_login(operator)
    assert "1.235" in client.get(f"/admin/accounts/user/{owner.pk}/change/").content.decode()


def test_a_wrong_counter_is_put_right(owner: User, stranger: User) -> None:
    factories.completed(owner)
    right = used(owner)
    StorageUsage.objects.filter(user=owner).update(bytes_used=7)
    StorageUsage.objects.create(user=stranger, bytes_used=9)
    assert housekeeping.tidy()["recounted"] == 2
    assert (used(owner), used(stranger)) == (right, 0)
    assert housekeeping.tidy()["recounted"] == 0


def test_counters_that_were_looked_at_longest_ago_come_first(
    owner: User, stranger: User, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(storage, "RECOUNTED_AT_ONCE", 1)
    for user in (owner, stranger):
        StorageUsage.objects.create(user=user, bytes_used=9)
    assert [storage.recount_oldest() for _ in range(3)] == [1, 1, 0]


def test_giving_back_more_than_there_is_leaves_nothing(owner: User) -> None:
    with transaction.atomic():
        assert room.take(owner.pk, 10)
        room.give_back(owner.pk, 11)
    assert used(owner) == 0


@pytest.mark.services
def test_changes_at_once_lose_nothing_and_stay_within_the_limit(owner: User, settings: Any) -> None:
    settings.AGENT_USER_CONCURRENCY = 64
    limit(owner, 1)
    builds = [taken_up(owner) for _ in range(8)]

    def save(build: Build, claim: Claim) -> Callable[[], object]:
        return lambda: [factories.save(build, claim, number, {"a.py": "x" * 50_000}) for number in range(1, 4)]

    outcomes = at_once([save(*each) for each in builds])
    assert "quota.storage" in outcomes
    assert used(owner) == storage.size_of(build__user=owner) == MB


@pytest.mark.services
def test_a_recount_beside_stores_finds_the_right_sum(owner: User, settings: Any) -> None:
    settings.AGENT_USER_CONCURRENCY = 64
    builds = [taken_up(owner) for _ in range(4)]

    def save(build: Build, claim: Claim) -> Callable[[], object]:
        return lambda: [factories.save(build, claim, 1, {"a.py": "x" * size}) for size in range(100, 120)]

    at_once([*(save(*each) for each in builds), lambda: [storage.recount(owner.pk) for _ in range(40)]])
    assert used(owner) == storage.size_of(build__user=owner) == 4 * 119


def test_contents_that_no_file_has_are_deleted_a_day_later(owner: User) -> None:
    build = factories.completed(owner)
    kept = set(build.files.values_list("blob_id", flat=True))
    Blob.objects.create(sha256="0" * 64, content=b"old")
    age()
    Blob.objects.create(sha256="f" * 64, content=b"young")
    assert housekeeping.tidy()["blobs"] == 1
    assert set(Blob.objects.values_list("sha256", flat=True)) == kept | {"f" * 64}


def test_housekeeping_goes_on_where_it_ended(monkeypatch: pytest.MonkeyPatch, db: None) -> None:
    monkeypatch.setattr(housekeeping, "BLOBS", 2)
    monkeypatch.setattr(housekeeping, "BLOB_PAGES", 1)
    for number in range(5):
        Blob.objects.create(sha256=str(number) * 64, content=b"x")
    age()
    assert [housekeeping.tidy()["blobs"] for _ in range(4)] == [2, 2, 1, 0]


class Saving:
    """A save that stops in the middle of its transaction until it is let go on."""

    def __init__(self, build: Build, claim: Claim, tree: dict[str, str]) -> None:
        self.stored, self.go_on = threading.Event(), threading.Event()
        self._workspace, self._tree = BuildWorkspace(claim, build.id, self._is_test), tree
        self.thread = threading.Thread(target=self._run)

    def _is_test(self, _path: str) -> bool:
        """Be asked between the contents and the files that name them."""
        self.stored.set()
        return not self.go_on.wait(10)

    def _run(self) -> None:
        try:
            self._workspace.save(1, self._tree)
        finally:
            connections.close_all()


@pytest.mark.services
@pytest.mark.parametrize("is_known", [True, False])
def test_a_content_that_an_attempt_is_about_to_name_is_not_deleted(owner: User, *, is_known: bool) -> None:
    build, claim = taken_up(owner)
    if is_known:
        factories.save(build, claim, 1, {"a.py": "the same"})
        BuildFile.objects.all().delete()
        age()
    saving = Saving(build, claim, {"a.py": "the same"})
    saving.thread.start()
    assert saving.stored.wait(10)
    tidying = ThreadPoolExecutor(1).submit(_tidy)
    threading.Event().wait(0.3)  # it waits for the row, or has passed by
    saving.go_on.set()
    saving.thread.join()
    tidying.result(10)
    assert Blob.objects.get().text == BuildFile.objects.get().blob.text == "the same"


def _tidy() -> int:
    try:
        return housekeeping.tidy()["blobs"]
    finally:
        connections.close_all()


@pytest.mark.services
def test_a_content_that_is_being_deleted_is_stored_anew(owner: User) -> None:
    build, claim = taken_up(owner)
    factories.save(build, claim, 1, {"a.py": "the same"})
    BuildFile.objects.all().delete()
    age()
    saving = Saving(build, claim, {"a.py": "the same"})
    saving.go_on.set()
    with transaction.atomic():
        hashes = list(Blob.objects.values_list("sha256", flat=True))
        assert storage.delete_unused_blobs(hashes, before=timezone.now()) == 1
        saving.thread.start()
        assert not saving.stored.wait(0.5)  # it waits for us
    saving.thread.join()
    assert BuildFile.objects.get().blob.text == "the same"


@pytest.mark.services
def test_storing_and_tidying_at_random_never_breaks_an_attempt(owner: User, settings: Any) -> None:
    settings.AGENT_USER_CONCURRENCY = 64
    builds = [taken_up(owner) for _ in range(4)]
    over = threading.Event()

    def save(build: Build, claim: Claim) -> Callable[[], object]:
        def repeatedly() -> None:
            for number in range(40):
                factories.save(build, claim, 1, {f"{name}.py": f"{(number + name) % 3}" for name in range(3)})

        return repeatedly

    def tidy() -> None:
        while not over.is_set():
            names = list(Blob.objects.values_list("sha256", flat=True))
            for name in names:  # one by one: who locks many in no order of their own can't do so beside others
                age(sha256=name)
            storage.delete_unused_blobs(names, before=timezone.now())

    tidying = threading.Thread(target=lambda: at_once([tidy]))
    tidying.start()
    try:
        assert at_once([save(*each) for each in builds]) == [None] * 4
    finally:
        over.set()
        tidying.join()
    assert not BuildFile.objects.exclude(blob__in=Blob.objects.all()).exists()
