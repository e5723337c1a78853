"""Messages in English and Russian are read and planned as their labels say; and none is lost, whatever a model says."""

from pathlib import Path

import pytest

from agentsite.accounts.models import User
from builds.models.job import Job
from builds.models.run import RunEvent
from memory.models.message import Message
from tests.flows.worlds import model_server
from tests.talking.conversing import opened, said, work
from tests.talking.labelled import Share, by_rules, labels, outline_by_rules, planned_share, read_shares
from tests.talking.unreliable import UnreliableModel

ROWS = labels()
NAMES = sorted({row.named for row in ROWS if row.named})
EVERY = 5
"""Of the labelled messages each fifth is said to the unreliable model here; ``script/bench talk`` says all."""


def shares() -> dict[str, Share]:
    return {share.name: share for share in read_shares(ROWS, lambda row: by_rules(row, NAMES))}


def test_there_are_at_least_120_in_both_languages() -> None:
    assert len(ROWS) >= 120
    assert len({row.text for row in ROWS}) == len(ROWS)
    assert {row.speech for row in ROWS} == {"en", "ru"}


@pytest.mark.parametrize(
    ("name", "least"),
    [
        ("intent, en, dev", 85),
        ("intent, ru, dev", 85),
        ("intent, en, held", 70),
        ("intent, ru, held", 65),
        ("speech", 98),
        ("programming language", 95),
        ("which build it is about", 70),
    ],
)
def test_the_rules_read_as_many_right_as_they_did(name: str, least: int) -> None:
    assert shares()[name].percent >= least


def test_a_plan_by_the_rules_keeps_every_name_and_number() -> None:
    assert planned_share(ROWS, outline_by_rules).percent == 100


def test_labels_stand_in_one_file_and_nowhere_in_the_rules() -> None:
    rules = (Path(__file__).parents[2] / "builds/agent/talking/vocabulary.toml").read_text(encoding="utf-8")
    assert not [row.text for row in ROWS if len(row.text) > 20 and row.text in rules]


@pytest.mark.django_db(transaction=True)
def test_a_model_whose_output_is_malformed_a_third_of_the_time_loses_no_message(owner: User) -> None:
    rows = ROWS[::EVERY]
    model = UnreliableModel({row.text: row for row in rows})
    with model_server(model):
        jobs = [said(opened(owner), row.text) for row in rows]
        work()
    assert 0.2 < model.malformed / model.calls < 0.5
    assert set(Job.objects.values_list("status", flat=True)) <= {"done", "waiting"}
    for row, job in zip(rows, jobs, strict=True):
        answers = Message.objects.filter(conversation=job.conversation, role="assistant")
        assert [bool(answer.content.strip()) for answer in answers] == [True], row.text
    assert RunEvent.objects.filter(kind="message.read").count() == len(rows)
    assert RunEvent.objects.filter(kind="rules.answered").exists()
