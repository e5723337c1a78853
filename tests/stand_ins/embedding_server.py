"""A stand-in for servers of embeddings, over real HTTP: Ollama's and OpenAI's protocol on one port, hashing vectors."""

import json
from collections.abc import Callable, Mapping
from typing import Any

from memory.embeddings import HashingEmbedder
from tests.stand_ins.webhook_receiver import Answer, Received, Receiver, status

Rows = list[list[float]]


class EmbeddingServer(Receiver):
    """Answer with vectors while the ``with`` block runs; ``requests`` keeps what arrived.

    ``fault`` is answered instead of vectors for as long as it is set; ``bend`` changes vectors before they are sent.
    """

    def __init__(self, dimension: int = 64) -> None:
        super().__init__()
        self.dimension = dimension
        self.fault: Answer | None = None
        self.refused = ""
        """Whoever sends a text that holds this is told that it can't be taken."""
        self.bend: Callable[[Rows], Any] = lambda rows: rows

    @property
    def base_url(self) -> str:
        """Address for Ollama; OpenAI's ends in ``/v1``."""
        return f"http://127.0.0.1:{self.port}"

    @property
    def inputs(self) -> list[list[str]]:
        """The texts of each request."""
        return [json.loads(request.body)["input"] for request in self.requests]

    def take(self, received: Received) -> Answer:
        """Keep a request; return how it is answered."""
        super().take(received)
        if self.refused and self.refused in received.body.decode():
            return status(400)
        return self.fault or status(200, json.dumps(self._answer(received)).encode(), Content_Type="application/json")

    def _answer(self, received: Received) -> Mapping[str, Any]:
        body = json.loads(received.body)
        rows = self.bend((3 * HashingEmbedder(self.dimension).embed(body["input"])).tolist())
        if received.path == "/api/embed":
            return {"model": body["model"], "embeddings": rows}
        numbered = [{"object": "embedding", "index": number, "embedding": row} for number, row in enumerate(rows)]
        return {"object": "list", "model": body["model"], "data": numbered[::-1]}  # in no particular order
