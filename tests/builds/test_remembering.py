"""What builds leave for later ones, also when the worker that ended them is gone."""

import pytest

from agentsite.accounts.models import User
from builds import library, removal, sweeper
from builds.models.build import Build
from builds.models.files import BuildFile
from builds.states import State
from memory.models.vectors import VectorMemory
from memory.services import MAX_DOCUMENTS
from tests import factories

pytestmark = [pytest.mark.django_db(transaction=True), pytest.mark.engine]


def passages(build: Build) -> set[str]:
    return set(VectorMemory.objects.filter(build=build).values_list("source_file", flat=True))


def is_waiting(build: Build) -> bool:
    return Build.objects.filter(pk=build.pk, remembered_at__isnull=True).exists()


def test_a_build_whose_worker_died_right_after_its_end_is_remembered_by_the_next_sweep(owner: User) -> None:
    build = factories.completed(owner)
    assert (passages(build), is_waiting(build)) == (set(), True)
    sweeper.sweep()
    assert (passages(build), is_waiting(build)) == ({"roman.py", "test_roman.py"}, False)


def test_a_build_is_put_into_memory_once(owner: User) -> None:
    build = factories.completed(owner)
    assert [library.remember_waiting(), library.remember_waiting()] == [1, 0]
    Build.objects.filter(pk=build.pk).update(remembered_at=None)
    before = set(VectorMemory.objects.values_list("id", flat=True))
    library.remember_waiting()
    assert set(VectorMemory.objects.values_list("id", flat=True)) == before


def test_there_is_nothing_to_learn_from_a_build_that_failed(owner: User) -> None:
    build = factories.failed(owner)
    assert build.status == State.FAILED
    assert library.remember_waiting() == 0
    assert not VectorMemory.objects.exists()


def test_nothing_is_left_in_memory_of_a_build_that_was_deleted(owner: User) -> None:
    build = factories.completed(owner)
    library.remember_waiting()
    removal.delete_build(user=owner, build=build)
    assert (library.remember_waiting(), VectorMemory.objects.count()) == (0, 0)


def test_one_that_cannot_be_remembered_keeps_no_other_waiting(owner: User) -> None:
    odd, other = factories.completed(owner), factories.completed(owner)
    blob = odd.files.first().blob  # type: ignore[union-attr]  # it has files
    more = [
        BuildFile(build=odd, attempt=2, path=f"m{n}.py", blob=blob, language="python") for n in range(MAX_DOCUMENTS)
    ]
    BuildFile.objects.bulk_create(more)
    assert library.remember_waiting() == 1
    assert (passages(odd), is_waiting(odd)) == (set(), False)
    assert passages(other)
