"""The whole way, as real as it gets: a photo of code, a text file and a voice note become context and requests.

Real are the bot's library, HTTP on all sides, the sandbox with Tesseract in it, and the database; stand-ins are
Telegram, the model's server and the server that writes recordings down.
"""

import json
import os
import re
from collections.abc import Iterator
from typing import Any

import pytest

from agentsite.accounts.models import User
from builds.models.build import Build
from builds.models.build_attachment import BuildAttachment
from builds.models.run import RunEvent
from builds.models.usage import TokenUsage
from tests.attachments import samples
from tests.attachments.sending import VOICE
from tests.flows.worlds import model_server
from tests.stand_ins import scripts
from tests.stand_ins.replies import Json, Reply
from tests.stand_ins.transcription_server import TranscriptionServer
from tests.telegram.chatting import Phone, exchange

pytestmark = [pytest.mark.django_db(transaction=True), pytest.mark.sandbox]
NOTES = "Signs at the ends are left out; anything but text is a TypeError."
TALK = {
    "read": (Reply(json.dumps({"intent": "build", "programming": "python", "target": "new", "named": ""})),),
    "outline": (Reply(json.dumps({"project_name": "slugs", "requirements": scripts.SLUGIFY_REQUEST, "files": []})),),
}


@pytest.fixture
def listener(settings: Any) -> Iterator[TranscriptionServer]:
    with TranscriptionServer(scripts.SLUGIFY_REQUEST, seconds=12.0) as server:
        settings.TRANSCRIPTION_BASE_URL = server.base_url
        yield server


def fenced(body: Json) -> str:
    """Return what a prompt shows of the files, out of its fence."""
    text = "\n".join(str(message["content"]) for message in body["messages"])
    found = re.search(r"<<(attachments-[0-9a-f]{16})\n(.*?)\n\1>>", text, re.DOTALL)
    return found[2] if found else ""


@pytest.mark.skipif(not os.path.exists("/usr/bin/tesseract"), reason="needs Debian's tesseract-ocr")
def test_a_photo_of_code_and_a_text_file_are_context_of_the_next_build(linked: Phone) -> None:
    linked.api.sends_photo(linked.who, samples.photo_of_code())
    exchange(linked.api)
    linked.sends("notes.txt", NOTES.encode())
    with model_server(scripts.GOOD_BUILD) as server:
        linked.says(f"/build {scripts.SLUGIFY_REQUEST}").presses("Python")
    build = Build.objects.get()
    assert (build.status, build.verification) == ("completed", "verified")
    shown = {request.purpose: fenced(request.body) for request in server.requests if request.purpose}
    assert set(shown) >= {"analyse", "plan", "code", "tests"}
    for purpose in ("analyse", "plan", "code", "tests"):
        assert "def fizzbuzz(number):" in shown[purpose]
        assert f"notes.txt (text):\n{NOTES}" in shown[purpose]
    assert list(BuildAttachment.objects.order_by("place").values_list("family", flat=True)) == ["image", "text"]
    assert RunEvent.objects.filter(run_id=build.run_id, kind="attachments.read").count() == 1


def test_a_voice_note_becomes_a_request_and_is_built(linked: Phone, owner: User, listener: TranscriptionServer) -> None:
    with model_server({**TALK, **scripts.GOOD_BUILD}) as server:
        linked.api.sends_voice(linked.who, VOICE)
        exchange(linked.api)
        assert any("I heard: “Write slugify(text)" in text for text in linked.texts)
        linked.presses("Approve")
    build = Build.objects.get()
    assert (build.status, build.verification) == ("completed", "verified")
    first = "\n".join(str(message["content"]) for message in server.requests[0].body["messages"])
    assert "Write slugify(text)" in first
    assert [heard.content for heard in listener.recordings] == [VOICE]
    heard = TokenUsage.objects.get(provider="transcription")
    assert (heard.user, heard.has_price, heard.job is not None) == (owner, False, True)
