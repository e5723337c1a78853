"""Facts are sentences, stats are figures."""

from datetime import timedelta

import pytest
from django.utils import timezone

from agentsite.accounts.models import User
from agentsite.common.errors import AppError
from audit.models import AuditLog
from memory import facts, stats
from memory.models.fact import Fact
from memory.models.stat import MAX_VALUE, Stat

pytestmark = [pytest.mark.django_db, pytest.mark.engine_in_part]


def test_a_fact_is_added_changed_and_deleted_and_the_log_tells_without_it(owner: User) -> None:
    fact = facts.add_fact(user=owner, fact_text="  It rains.\r\nOften. ", source="the  window")
    assert (fact.fact_text, fact.source) == ("It rains.\nOften.", "the window")
    assert facts.change_fact(user=owner, fact=fact, source="").fact_text == "It rains.\nOften."
    facts.delete_fact(user=owner, fact=fact)
    facts.delete_fact(user=owner, fact=fact)
    entries = AuditLog.objects.filter(resource_type="fact").order_by("id")
    assert [entry.action for entry in entries] == ["fact.added", "fact.changed", "fact.deleted"]
    assert not [entry for entry in entries if "rain" in f"{entry.details} {entry.description}"]
    with pytest.raises(AppError, match=r"request\.not_found"):
        facts.change_fact(user=owner, fact=fact, fact_text="It snows.")


def test_facts_are_their_owners(owner: User, stranger: User) -> None:
    fact = facts.add_fact(user=owner, fact_text="It rains.")
    assert not facts.facts_of(stranger).exists()
    assert facts.find_fact(stranger, fact.pk) is None
    assert facts.find_fact(owner, 10**30) is None


@pytest.mark.parametrize("text", ["", " \n", "x" * 2_001, "a\0b", "\ud800", "\x1b[2J"])
def test_what_is_no_sentence_is_refused(owner: User, text: str) -> None:
    with pytest.raises(AppError) as refused:
        facts.add_fact(user=owner, fact_text=text)
    assert list(refused.value.fields) == ["fact_text"]
    assert not Fact.objects.exists()


def measured(user: User, stat_type: str, value: float, days_ago: int = 0) -> Stat:
    stat = stats.record_stat(user=user, stat_type=stat_type, value=value, extra_data={"unit": "s"})
    Stat.objects.filter(pk=stat.pk).update(created_at=timezone.now() - timedelta(days=days_ago))
    return stat


def test_figures_are_summed_up_by_type(owner: User, stranger: User) -> None:
    for value, days_ago in ((1, 3), (2, 2), (6, 1)):
        measured(owner, "seconds", value, days_ago)
    measured(owner, "repairs", -1)
    measured(stranger, "seconds", 100)
    repairs, seconds = stats.summary_of(owner)
    assert (repairs["stat_type"], repairs["count"], repairs["sum"]) == ("repairs", 1, -1)
    assert (seconds["count"], seconds["sum"], seconds["mean"], seconds["last"]) == (3, 9, 3, 6)
    since = timezone.now() - timedelta(days=2, hours=12)
    until = timezone.now() - timedelta(days=1, hours=12)
    (some,) = stats.summary_of(owner, since=since, until=until)
    assert (some["count"], some["sum"], some["last"]) == (1, 2, 2)
    assert [stat.value for stat in stats.stats_of(owner, stat_type="seconds", since=since)] == [6, 2]


def test_the_largest_figures_can_still_be_summed_up(owner: User) -> None:
    for _ in range(3):
        measured(owner, "large", MAX_VALUE)
    assert stats.summary_of(owner)[0]["sum"] == pytest.approx(3 * MAX_VALUE)


@pytest.mark.parametrize("value", [float("nan"), float("inf"), -float("inf"), 1e101, True])
def test_what_is_no_figure_is_refused(owner: User, value: float) -> None:
    with pytest.raises(AppError, match=r"request\.invalid"):
        stats.record_stat(user=owner, stat_type="seconds", value=value)
