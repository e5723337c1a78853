"""Writing to the audit log."""

import pytest
from django.db import transaction

from agentsite.accounts.models import User
from audit import services as audit
from audit.models import AuditLog


@pytest.mark.django_db(transaction=True)
def test_an_entry_outside_a_transaction_is_refused(owner: User) -> None:
    with pytest.raises(audit.NotInTransaction):
        audit.record("build.submitted", user=owner)


@pytest.mark.django_db(transaction=True)
def test_an_entry_is_undone_with_its_act(owner: User) -> None:
    def act_then_break() -> None:
        with transaction.atomic():
            audit.record("build.submitted", user=owner)
            raise LookupError

    with pytest.raises(LookupError):
        act_then_break()
    assert not AuditLog.objects.exists()


@pytest.mark.django_db
def test_an_entry_outlives_the_account(owner: User) -> None:
    audit.record("build.submitted", user=owner)
    owner.delete()
    assert AuditLog.objects.get().user_label == "owner"
