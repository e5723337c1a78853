"""What people send is context of their builds, and of what they say."""

import json
from collections.abc import Iterator
from decimal import Decimal
from typing import Any

import pytest

from agentsite.accounts.models import User
from agentsite.common.errors import AppError
from audit.models import AuditLog
from builds import services
from builds.models.build import Build
from builds.models.build_attachment import BuildAttachment
from builds.models.run import RunEvent
from builds.models.usage import TokenUsage
from memory.attachments import services as attachments
from memory.models.attachment import Attachment
from memory.models.conversation import Conversation
from tests.attachments.sending import ANOTHER_VOICE, VOICE, kept, noted, spoken
from tests.flows.worlds import built, ended, model_server, submitted
from tests.stand_ins import scripts, webhook_receiver
from tests.stand_ins.replies import Json
from tests.stand_ins.transcription_server import TranscriptionServer
from tests.talking.conversing import history, last_words, opened, talked, waiting, work

pytestmark = pytest.mark.django_db(transaction=True)
NOTES = "Umlauts become two letters."
ROMAN = "Write a Python function to_roman(number) that converts integers to Roman numerals.\n\nto_roman(4) == 'IV'"


def shown(body: Json) -> str:
    return "\n".join(str(message["content"]) for message in body["messages"])


@pytest.fixture
def listener(settings: Any) -> Iterator[TranscriptionServer]:
    with TranscriptionServer(ROMAN, seconds=90.0) as server:
        settings.TRANSCRIPTION_BASE_URL = server.base_url
        settings.TRANSCRIPTION_USD_PER_MINUTE = Decimal("0.006")
        yield server


@pytest.mark.sandbox
def test_files_that_are_named_stand_in_the_prompts_and_on_the_timeline(owner: User) -> None:
    with model_server(scripts.GOOD_BUILD) as server:
        build = built(owner, attachments=[kept(owner).pk])
    assert build.status == "completed"
    asked = {request.purpose: shown(request.body) for request in server.requests if request.purpose}
    assert {purpose for purpose, text in asked.items() if NOTES in text} == {"analyse", "plan", "code", "tests"}
    row = BuildAttachment.objects.get(build=build)
    assert (row.name, row.text, row.note) == ("notes.txt", NOTES, "")
    event = RunEvent.objects.get(run_id=build.run_id, kind="attachments.read")
    assert event.payload["files"] == [{"name": "notes.txt", "kind": "text", "characters": len(NOTES), "note": ""}]
    assert list(RunEvent.objects.filter(run_id=build.run_id, kind="node.started").values_list("node", flat=True))[
        :2
    ] == ["attachments", "analyse"]


def test_a_build_takes_what_its_conversation_holds_once(owner: User) -> None:
    conversation = opened(owner)
    noted(conversation, kept(owner, "a.txt"), kept(owner, "b.txt"))
    first = submitted(owner, conversation=conversation)
    noted(conversation, kept(owner, "c.txt"))
    second = submitted(owner, conversation=conversation)
    names = [list(build.attachments.order_by("place").values_list("name", flat=True)) for build in (first, second)]
    assert names == [["a.txt", "b.txt"], ["c.txt"]]


def test_only_the_newest_come_along(owner: User) -> None:
    conversation = opened(owner)
    for number in range(12):
        noted(conversation, kept(owner, f"{number}.txt"))
    Attachment.objects.filter(name="11.txt").update(created_at="2026-01-01T00:00:00Z")
    names = list(submitted(owner, conversation=conversation).attachments.order_by("place").values_list("name"))
    assert names == [(f"{number}.txt",) for number in range(1, 11)]


def test_what_is_not_ones_own_is_not_there(owner: User, stranger: User) -> None:
    for ids in ([kept(stranger).pk], ["nonsense"], [kept(owner, f"{number}").pk for number in range(11)]):
        with pytest.raises(AppError) as refused:
            submitted(owner, attachments=ids)
        assert "attachments" in refused.value.fields
    assert not Build.objects.exists()


def test_a_retry_and_a_fork_have_them_though_the_file_is_gone(owner: User) -> None:
    file = kept(owner)
    build = submitted(owner, attachments=[file.pk])
    BuildAttachment.objects.update(text=NOTES, read_at="2026-11-30T00:00:00Z")
    attachments.delete(user=owner, attachment=file)
    services.cancel_build(user=owner, build=build)
    again = services.retry_build(user=owner, build=build)
    assert again.attachments.filter(name="notes.txt", text=NOTES, attachment=None).count() == 1


@pytest.mark.parametrize(("policy", "ends"), [("redact", "completed"), ("block", "failed")])
@pytest.mark.sandbox
def test_the_guard_looks_into_files(owner: User, settings: Any, policy: str, ends: str) -> None:
    settings.AGENT_INPUT_GUARD = policy
    secret = b"Ask maria.perez@acme-corp.com."
    with model_server(scripts.GOOD_BUILD) as server:
        build = built(owner, attachments=[kept(owner, content=secret).pk])
    assert build.status == ends
    assert "maria.perez" not in json.dumps([request.body for request in server.requests])
    if policy == "redact":
        assert BuildAttachment.objects.get().text == "Ask [e-mail 1]."
        assert "[e-mail 1]" in shown(server.requests[-1].body)
        assert AuditLog.objects.filter(action="request.redacted").exists()
    else:
        assert build.error_code == "attachments.sensitive"
        assert "notes.txt" in build.error_message
        assert AuditLog.objects.filter(action="request.blocked").exists()


def test_a_voice_note_is_what_was_said(owner: User, listener: TranscriptionServer) -> None:
    conversation = opened(owner)
    message = spoken(conversation)
    work()
    message.refresh_from_db()
    assert (message.content, message.language) == (ROMAN, "en")
    words = [content for role, content in history(conversation) if role == "assistant"]
    assert words[0] == f"I heard: “{ROMAN}”"
    assert "to_roman" in waiting(owner).proposal["requirements"]
    assert len(listener.recordings) == 1
    assert (listener.recordings[0].content, listener.recordings[0].media_type) == (VOICE, "audio/ogg")


def test_listening_is_paid_for_by_the_minute(owner: User, listener: TranscriptionServer) -> None:
    spoken(opened(owner))
    work()
    row = TokenUsage.objects.get(provider="transcription")
    assert (row.model, row.cost_usd, row.has_price, row.tokens_total) == ("whisper-1", Decimal("0.009000"), True, 0)


def test_an_unknown_price_is_flagged_and_with_a_budget_nobody_listens(
    owner: User, settings: Any, listener: TranscriptionServer
) -> None:
    settings.TRANSCRIPTION_USD_PER_MINUTE = None
    spoken(opened(owner))
    work()
    assert TokenUsage.objects.filter(provider="transcription", has_price=False, cost_usd=0).count() == 1
    User.objects.update(budget_usd_monthly=5)
    conversation = opened(owner)
    spoken(conversation, ANOTHER_VOICE)
    work()
    assert "nobody can say what" in last_words(conversation)
    assert len(listener.recordings) == 1


def test_without_anybody_who_listens_it_says_so(owner: User) -> None:
    conversation = opened(owner)
    spoken(conversation)
    work()
    assert "TRANSCRIPTION_BASE_URL" in last_words(conversation)
    assert Attachment.objects.get().facts["unread"] == "transcription.not_connected"


def test_a_server_that_refuses_is_told_and_tried_again_with_the_next_build(
    owner: User, listener: TranscriptionServer
) -> None:
    listener.fault = webhook_receiver.status(401)
    conversation = opened(owner)
    spoken(conversation)
    work()
    assert "refused the key" in last_words(conversation)
    listener.fault = None
    build = submitted(owner, conversation=conversation)
    with model_server(scripts.GOOD_BUILD) as server:
        ended(build)
    assert ROMAN.splitlines()[0] in shown(server.requests[0].body)


def test_files_without_words_are_kept_for_the_next_build(owner: User) -> None:
    conversation: Conversation = opened(owner)
    talked(conversation, "", attachments=[kept(owner).pk])
    assert last_words(conversation) == "I keep this for the next build: notes.txt. Say what I shall do with it."


def test_the_agent_sees_files_before_it_reads_a_message(owner: User) -> None:
    conversation = opened(owner)
    noted(conversation, kept(owner))
    with model_server({}) as server:
        talked(conversation, "Build what the notes say")
    assert NOTES in shown(server.requests[0].body)


@pytest.mark.parametrize(("policy", "kept_text"), [("redact", "Ask [e-mail 1]."), ("block", "")])
def test_the_guard_listens_as_well(
    owner: User, settings: Any, listener: TranscriptionServer, policy: str, kept_text: str
) -> None:
    settings.AGENT_INPUT_GUARD = policy
    listener.text = "Ask maria.perez@acme-corp.com."
    conversation = opened(owner)
    message = spoken(conversation)
    work()
    message.refresh_from_db()
    assert message.content == kept_text
    said = " ".join(content for _role, content in history(conversation))
    assert "maria.perez" not in said
    assert ("I heard: “Ask [e-mail 1].”" in said) or ("A file holds personal data or secrets" in said)
