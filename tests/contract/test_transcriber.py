"""What every implementation of the ``Transcriber`` port does, and what the one over HTTP says of a server's faults."""

from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor

import pytest

from builds import failures
from builds.agent.errors import AgentError, Cancelled, TransientError
from builds.agent.scripted.clock import ManualClock
from builds.agent.scripted.journal import MemoryJournal
from builds.agent.speech import client
from builds.agent.speech.client import HttpTranscriber
from builds.agent.speech.hearing import Listening, heard
from builds.agent.speech.ports import Transcriber
from builds.agent.speech.scripted import ScriptedTranscriber
from builds.agent.speech.values import MAX_CHARACTERS, Recording
from tests.contract.runner_service import free_port
from tests.stand_ins import webhook_receiver as answers
from tests.stand_ins.transcription_server import TranscriptionServer, slowly

SAID = "Write a function to_roman."
RECORDING = Recording(b"OggS" + bytes(1_496), "audio/ogg", seconds=2.0)


@pytest.fixture(params=["scripted", "http"])
def transcriber(request: pytest.FixtureRequest) -> Iterator[Transcriber]:
    if request.param == "scripted":
        yield ScriptedTranscriber([SAID])
    else:
        with TranscriptionServer(SAID) as server:
            yield HttpTranscriber(server.base_url, "", "whisper-1")


@pytest.fixture
def server() -> Iterator[TranscriptionServer]:
    with TranscriptionServer(SAID, api_key="sk-listen") as server:
        yield server


def at(server: TranscriptionServer, key: str = "sk-listen", seconds: float = 10.0) -> HttpTranscriber:
    return HttpTranscriber(server.base_url, key, "whisper-1", seconds)


def listen(transcriber: Transcriber, recording: Recording = RECORDING) -> str:
    return transcriber.transcribe(recording, is_cancelled=lambda: False).text


def fault_at(server: TranscriptionServer, seconds: float = 10.0) -> AgentError:
    with pytest.raises(AgentError) as caught:
        listen(at(server, seconds=seconds))
    assert caught.value.code in failures.TABLE
    assert "sk-listen" not in str(caught.value)
    return caught.value


def test_the_name_says_what_it_is_and_which_model(transcriber: Transcriber) -> None:
    kind, _, name = transcriber.name.partition(":")
    assert kind == "transcription"
    assert name


def test_what_was_said_comes_back_with_its_length(transcriber: Transcriber) -> None:
    found = transcriber.transcribe(RECORDING, is_cancelled=lambda: False)
    assert (found.text, found.model, found.seconds, found.is_estimated) == (SAID, transcriber.name, 2.0, False)


def test_a_length_that_nobody_knows_is_bounded_by_the_size(transcriber: Transcriber) -> None:
    found = transcriber.transcribe(Recording(bytes(7_500), "audio/ogg"), is_cancelled=lambda: False)
    assert (found.seconds, found.is_estimated) == (10.0, True)


def test_a_cancelled_run_hears_nothing(transcriber: Transcriber) -> None:
    with pytest.raises(Cancelled):
        transcriber.transcribe(RECORDING, is_cancelled=lambda: True)


def test_several_threads_may_ask_at_once(transcriber: Transcriber) -> None:
    with ThreadPoolExecutor(4) as pool:
        assert set(pool.map(lambda _: listen(transcriber), range(4))) == {SAID}


def test_the_server_gets_the_recording_the_model_and_the_key_and_no_name_of_a_person(
    server: TranscriptionServer,
) -> None:
    listen(at(server))
    [sent] = server.recordings
    assert (sent.content, sent.media_type, sent.model) == (RECORDING.content, "audio/ogg", "whisper-1")
    assert (sent.file_name, sent.authorization) == ("speech.ogg", "Bearer sk-listen")


def test_the_length_that_a_server_charges_counts(server: TranscriptionServer) -> None:
    server.seconds = 3.5
    found = at(server).transcribe(Recording(bytes(7_500), "audio/ogg"), is_cancelled=lambda: False)
    assert (found.seconds, found.is_estimated) == (3.5, False)


@pytest.mark.parametrize(
    ("status", "code", "passes"),
    [
        (301, "transcription.rejected", False),
        (400, "transcription.rejected", False),
        (403, "transcription.not_authorised", False),
        (413, "transcription.too_large", False),
        (429, "transcription.overloaded", True),
        (503, "transcription.overloaded", True),
        (504, "transcription.timeout", True),
    ],
)
def test_a_refusal_has_its_reason(server: TranscriptionServer, status: int, code: str, *, passes: bool) -> None:
    server.fault = answers.status(status, b"sk-listen is not welcome", Location="http://127.0.0.1:1/")
    fault = fault_at(server)
    assert (fault.code, isinstance(fault, TransientError)) == (code, passes)
    assert len(server.requests) == 1  # nobody follows a redirect


@pytest.mark.parametrize("body", [b"", b"<html>hello</html>", b"[]", b'{"text": 4}', b"\xff{", b"[" * 100_000])
def test_nonsense_is_no_transcript(server: TranscriptionServer, body: bytes) -> None:
    server.fault = answers.status(200, body)
    assert fault_at(server).code == "transcription.bad_answer"


def test_silence_is_no_transcript(server: TranscriptionServer) -> None:
    server.text = " \n"
    assert fault_at(server).code == "transcription.empty"


def test_an_answer_without_end_is_not_read_to_its_end(server: TranscriptionServer) -> None:
    server.fault = answers.endless
    assert fault_at(server).code == "transcription.bad_answer"


def test_a_very_long_transcript_is_cut(server: TranscriptionServer) -> None:
    server.text = "word " * 100_000
    assert len(listen(at(server))) == MAX_CHARACTERS


def test_a_connection_that_breaks_is_told(server: TranscriptionServer) -> None:
    server.fault = answers.hang_up
    assert fault_at(server).code == "transcription.lost"


def test_nobody_there_is_told() -> None:
    with pytest.raises(TransientError, match=r"transcription\.unreachable"):
        listen(HttpTranscriber(f"http://127.0.0.1:{free_port()}/v1", "", "whisper-1"))


@pytest.mark.parametrize("fault", [slowly(30.0, SAID), answers.drip(b"HTTP/1.1 200 OK\r\n\r\n" + b" " * 1_000)])
def test_a_slow_server_is_given_up(server: TranscriptionServer, fault: answers.Answer) -> None:
    server.fault = fault
    assert fault_at(server, seconds=0.5).code == "transcription.timeout"


def test_a_run_that_is_cancelled_meanwhile_ends_the_call(server: TranscriptionServer) -> None:
    server.fault = slowly(30.0, SAID)
    with pytest.raises(Cancelled):
        at(server).transcribe(RECORDING, is_cancelled=lambda: bool(server.recordings))


def listening(transcriber: Transcriber, journal: MemoryJournal) -> Listening:
    return Listening(transcriber, journal, ManualClock(), lambda: False)


def test_the_same_recording_is_heard_once_in_a_run(transcriber: Transcriber) -> None:
    ports = listening(transcriber, MemoryJournal())
    assert heard(ports, RECORDING) == heard(ports, RECORDING) == SAID
    journal = ports.journal
    assert isinstance(journal, MemoryJournal)
    assert len(journal.usages) == 1


def test_a_server_that_is_overloaded_for_a_moment_is_asked_again() -> None:
    busy = TransientError("transcription.overloaded")
    assert heard(listening(ScriptedTranscriber([busy, SAID]), MemoryJournal()), RECORDING) == SAID


def test_what_is_too_dear_is_not_listened_to() -> None:
    nobody = ScriptedTranscriber([SAID])
    journal = MemoryJournal(can_afford=lambda bound: bound.audio_seconds < RECORDING.most_seconds)
    with pytest.raises(AgentError, match=r"budget\.exhausted"):
        heard(listening(nobody, journal), RECORDING)
    assert nobody.recordings == []


def test_the_client_knows_a_name_for_what_people_send() -> None:
    assert {name.rpartition(".")[2] for name in client._NAMES.values()} >= {"ogg", "mp3", "m4a", "wav", "webm"}
