"""A build whose owner's storage fills up while it runs."""

from typing import Any

import pytest
from django.db import connections

from agentsite.accounts.models import User
from builds import selectors, services, storage
from builds.states import State
from tests.flows.worlds import built, ended, model_server
from tests.stand_ins import scripts
from tests.stand_ins.replies import Json, Reply, purpose_of

pytestmark = [pytest.mark.django_db(transaction=True), pytest.mark.sandbox, pytest.mark.engine]


def test_it_ends_with_what_it_has_and_goes_on_when_there_is_room(owner: User) -> None:
    def answer(body: Json) -> Reply:
        purpose: Any = purpose_of(body)
        if purpose == "repair":
            User.objects.filter(pk=owner.pk).update(storage_quota_mb=0)
            connections.close_all()
        replies = scripts.FAILS_THEN_PASSES[purpose]
        return replies[0]

    with model_server(answer):
        build = built(owner)
        assert (build.status, build.error_code) == (State.FAILED, "quota.storage")
        assert "storage is full" in build.error_message
        assert selectors.attempts(build.id) == [1]
        User.objects.filter(pk=owner.pk).update(storage_quota_mb=500)
        again = services.retry_build(user=owner, build=build, from_node="failed")
        User.objects.filter(pk=owner.pk).update(storage_quota_mb=500)
        ended(again)
    assert again.verification == "verified"
    assert storage.size_of(build=again) > storage.size_of(build=build)
