"""Files are read in a sandbox, within bounds; one that can't be read leaves a note and holds nothing up."""

import io
import json
import os
import zipfile
from collections.abc import Sequence

import pytest

from agentsite.accounts.models import User
from builds.agent.errors import AgentError, Cancelled
from builds.agent.ports import Sandbox
from builds.agent.values import SandboxRequest, SandboxResult
from builds.attachments.reading import read_all
from builds.sandbox.choose import choose_sandbox
from builds.sandbox.scripted import Answer, ScriptedSandbox
from memory.attachments import services as attachments
from memory.models.artifact import MessageArtifact
from memory.models.attachment import Attachment
from tests.attachments import samples

pytestmark = pytest.mark.django_db


@pytest.fixture(scope="module")
def sandbox() -> Sandbox:
    return choose_sandbox()


def kept(user: User, content: bytes, name: str = "file") -> Attachment:
    return attachments.store(user=user, name=name, content=content, source="api")


def read(sandbox: Sandbox, file: Attachment) -> dict[str, MessageArtifact]:
    read_all([file], sandbox)
    file.refresh_from_db()
    return {row.kind: row for row in MessageArtifact.objects.filter(attachment=file)}


def ended(outcome: str, stdout: bytes = b"") -> SandboxResult:
    code = 0 if outcome == "exited" else None
    return SandboxResult.model_validate(
        {"outcome": outcome, "exit_code": code, "stdout": stdout, "stderr": b"", "duration_seconds": 0.1}
    )


@pytest.mark.sandbox
def test_texts_are_decoded_and_cut(owner: User, sandbox: Sandbox) -> None:
    found = read(sandbox, kept(owner, "Сложи\r\n\x1b[1mдва\n".encode("utf-16")))["tool_result"]
    assert (found.text, found.content_json) == ("Сложи\n[1mдва\n", {"is_cut": False})
    found = read(sandbox, kept(owner, "я".encode() * 200_001))["tool_result"]
    assert (len(found.text), found.content_json) == (200_000, {"is_cut": True})


@pytest.mark.sandbox
@pytest.mark.parametrize("packing", ["zip", "tar", "tar.gz"])
def test_texts_of_an_archive_stand_under_their_names(owner: User, sandbox: Sandbox, packing: str) -> None:
    files = {"tool/main.py": samples.CODE, "tool/logo.bin": b"\0\1"}
    content = samples.zipped(files) if packing == "zip" else samples.tarred(files, packing=packing[4:])
    found = read(sandbox, kept(owner, content))["tool_result"]
    assert found.text == f"=== tool/main.py ===\n{samples.CODE.decode()}\n"
    assert found.content_json == {"members": ["tool/main.py", "tool/logo.bin"], "skipped": 1, "is_cut": False}


@pytest.mark.sandbox
def test_an_archive_whose_headers_lie_is_noticed_where_it_is_read(owner: User, sandbox: Sandbox) -> None:
    packed = bytearray(samples.zipped({"a.txt": b"x" * 900_000}))
    for at in (22, packed.index(b"PK\1\2") + 24):
        packed[at : at + 4] = (10).to_bytes(4, "little")
    file = kept(owner, bytes(packed))
    assert read(sandbox, file) == {}
    assert file.facts["unread"] == "attachments.bomb"


@pytest.mark.sandbox
def test_a_file_of_twenty_megabytes_goes_in(owner: User, sandbox: Sandbox) -> None:
    stream = io.BytesIO()
    with zipfile.ZipFile(stream, "w", zipfile.ZIP_STORED) as archive:
        archive.writestr("a.txt", b"small")
        archive.writestr("b.bin", b"\0" * (19 << 20))
    assert read(sandbox, kept(owner, stream.getvalue()))["tool_result"].text == "=== a.txt ===\nsmall\n"


@pytest.mark.sandbox
def test_an_image_is_described(owner: User, sandbox: Sandbox) -> None:
    resolution = samples.chunk(b"pHYs", (11_811).to_bytes(4, "big") * 2 + b"\1")
    found = read(sandbox, kept(owner, samples.png(60, 60, extra=resolution)))
    facts = found["image_json"].content_json
    assert {"format": "image/png", "width": 60, "height": 60, "dpi": 300}.items() <= facts.items()


@pytest.mark.sandbox
@pytest.mark.skipif(not os.path.exists("/usr/bin/tesseract"), reason="needs Debian's tesseract-ocr")
def test_a_photo_of_code_is_read_with_its_indents(owner: User, sandbox: Sandbox) -> None:
    found = read(sandbox, kept(owner, samples.photo_of_code()))
    lines = found["ocr_text"].text.split("\n")
    assert lines[0] == "def fizzbuzz(number):"
    assert lines[1].startswith("    if number % 15 ==")
    assert lines[2:] == ['        return "FizzBuzz"', "    return str(number)"]
    assert found["image_json"].content_json["ocr"] == "tesseract"


@pytest.mark.sandbox
def test_a_photo_without_pixels_holds_nothing_up(owner: User, sandbox: Sandbox) -> None:
    file = kept(owner, samples.jpeg())
    read(sandbox, file)
    assert file.read_at is not None


@pytest.mark.parametrize(
    ("answer", "code"),
    [
        (ended("timeout"), "timeout"),
        (ended("memory_limit"), "too_much"),
        (ended("output_limit"), "too_much"),
        (ended("exited", b"Killed"), "unreadable"),
        (ended("exited", b'{"text": 7}'), "unreadable"),
        (ended("exited", b'{"problem": "made.up"}'), "unreadable"),
    ],
)
def test_a_reader_that_dies_leaves_a_note(owner: User, answer: Answer, code: str) -> None:
    file = kept(owner, samples.CODE)
    scripted = ScriptedSandbox([answer])
    assert read(scripted, file) == {}
    assert file.facts["unread"] == f"attachments.{code}"
    read_all([file], scripted)
    assert len(scripted.requests) == 1


def test_without_letters_read_an_image_is_described_all_the_same(owner: User) -> None:
    told = json.dumps({"facts": {"dpi": 72}, "note": "no_ocr"}).encode()
    file = kept(owner, samples.png())
    found = read(ScriptedSandbox([ended("exited", told)]), file)
    assert set(found) == {"image_json"}
    assert file.facts["unread"] == "attachments.no_ocr"


def test_without_a_place_to_read_in_nothing_counts_as_read(owner: User) -> None:
    files = [kept(owner, samples.CODE), kept(owner, samples.ogg())]
    for answer, error in ((AgentError("sandbox.busy"), AgentError), (ended("cancelled"), Cancelled)):
        with pytest.raises(error):
            read_all(files, ScriptedSandbox([answer]))
    assert unread(files) == files


def test_each_goes_in_alone_and_voice_not_at_all(owner: User) -> None:
    files = [kept(owner, samples.CODE), kept(owner, samples.ogg()), kept(owner, samples.TREE["tool/README.md"])]
    scripted = ScriptedSandbox([_echo])
    read_all(files, scripted)
    assert [list(request.files) for request in scripted.requests] == [["file"], ["file"]]
    assert unread(files) == [files[1]]


def _echo(request: SandboxRequest) -> SandboxResult:
    return ended("exited", json.dumps({"text": request.files["file"].decode()}).encode())


def unread(files: Sequence[Attachment]) -> list[Attachment]:
    return list(Attachment.objects.filter(pk__in=[file.pk for file in files], read_at=None).order_by("id"))
