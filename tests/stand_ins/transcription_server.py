"""A stand-in for servers that write recordings down, over real HTTP, in OpenAI's way.

By hand: ``python -m tests.stand_ins.transcription_server --port 11998 --text "what is heard"``.
"""

import argparse
import json
import sys
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from email import policy
from email.parser import BytesParser

from tests.stand_ins.webhook_receiver import Answer, Handler, Received, Receiver, status

PATH = "/v1/audio/transcriptions"


@dataclass(frozen=True)
class Heard:
    """One recording as it arrived."""

    model: str
    file_name: str
    media_type: str
    content: bytes
    authorization: str


class TranscriptionServer(Receiver):
    """Write recordings down while the ``with`` block runs; ``recordings`` keeps what arrived.

    ``fault`` is answered instead for as long as it is set; ``seconds`` is told as the recording's length.

    :param text: what is heard, or a function of the recording.
    :param api_key: the only key that is let in; none is asked for when it is empty.
    """

    def __init__(
        self, text: str | Callable[[Heard], str] = "", *, api_key: str = "", seconds: float | None = None, port: int = 0
    ) -> None:
        super().__init__(port=port)
        self.text = text
        self.api_key = api_key
        self.seconds = seconds
        self.fault: Answer | None = None
        self.recordings: list[Heard] = []

    @property
    def base_url(self) -> str:
        """Address for ``TRANSCRIPTION_BASE_URL``."""
        return f"http://127.0.0.1:{self.port}/v1"

    def take(self, received: Received) -> Answer:
        """Keep a recording; return how it is answered."""
        super().take(received)
        if received.path != PATH:
            return status(404)
        heard = _parsed(received)
        self.recordings.append(heard)
        if self.fault is not None:
            return self.fault
        if self.api_key and heard.authorization != f"Bearer {self.api_key}":
            return _json(401, {"error": {"message": "invalid key"}})
        text = self.text(heard) if callable(self.text) else self.text
        usage = {} if self.seconds is None else {"usage": {"type": "duration", "seconds": self.seconds}}
        return _json(200, {"text": text, **usage})


def slowly(seconds: float, text: str) -> Answer:
    """Answer after a while, unless the server stops before."""

    def answer(handler: Handler) -> None:
        handler.server.owner.stopping.wait(seconds)
        _json(200, {"text": text})(handler)

    return answer


def _json(code: int, body: object) -> Answer:
    return status(code, json.dumps(body).encode(), Content_Type="application/json")


def _parsed(received: Received) -> Heard:
    head = f"Content-Type: {received.headers['content-type']}\r\n\r\n".encode()
    parts = {
        str(part.get_param("name", header="content-disposition")): part
        for part in BytesParser(policy=policy.HTTP).parsebytes(head + received.body).iter_parts()
    }
    file = parts["file"]
    content = file.get_payload(decode=True)
    return Heard(
        model=str(parts["model"].get_payload()).strip(),
        file_name=str(file.get_filename()),
        media_type=file.get_content_type(),
        content=content if isinstance(content, bytes) else b"",
        authorization=received.headers.get("authorization", ""),
    )


def main(arguments: Sequence[str] | None = None) -> None:
    """Hear the same in every recording until interrupted."""
    parser = argparse.ArgumentParser(description="A stand-in for servers that write recordings down.")
    parser.add_argument("--port", type=int, default=0)
    parser.add_argument("--text", default="Write a Python function to_roman(number). to_roman(4) == 'IV'")
    chosen = parser.parse_args(arguments)
    with TranscriptionServer(chosen.text, port=chosen.port) as server:
        sys.stdout.write(f"TRANSCRIPTION_BASE_URL={server.base_url}\n")
        sys.stdout.flush()
        try:
            server.stopping.wait()
        except KeyboardInterrupt:
            return


if __name__ == "__main__":
    main()
