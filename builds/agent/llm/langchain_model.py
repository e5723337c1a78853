"""The one model adapter: any provider that LangChain speaks to, behind the ``ChatModel`` port."""

import time
from collections.abc import Callable, Generator
from contextlib import closing
from dataclasses import dataclass
from typing import TYPE_CHECKING

from builds.agent.errors import AgentError, Cancelled
from builds.agent.llm.answer import Answer, largest_answer
from builds.agent.llm.clock import SystemClock
from builds.agent.llm.dialects import Dialect, recall_dialect, remember_dialect
from builds.agent.llm.faults import FREE_OF_CHARGE, ResponseHead, named_fault
from builds.agent.llm.providers import ModelCall, check_key, open_stream
from builds.agent.llm.retries import call_with_retries
from builds.agent.llm.settings import ModelName, ModelSettings
from builds.agent.llm.stream import StreamLimits, read_chunks
from builds.agent.llm.tokens import estimate_tokens
from builds.agent.ports import Clock, IsCancelled
from builds.agent.values import ModelReply, ModelRequest

if TYPE_CHECKING:
    from langchain_core.messages import BaseMessageChunk


@dataclass(frozen=True)
class _Listener:
    """Who hears the pieces, and who may stop them."""

    on_text: Callable[[str], None]
    is_cancelled: IsCancelled


class LangChainModel:
    """Ask a model at Ollama, Anthropic, OpenAI or a server that speaks OpenAI's protocol.

    :raises AgentError: ``model.no_key``: the provider needs a key and none is set.
    """

    def __init__(self, model: ModelName, settings: ModelSettings, clock: Clock | None = None) -> None:
        check_key(model, settings)
        self._model = model
        self._settings = settings
        self._clock = clock or SystemClock()
        self._server = settings.base_url(model.provider)

    @property
    def name(self) -> str:
        """``provider:name``."""
        return str(self._model)

    def complete(
        self, request: ModelRequest, *, on_text: Callable[[str], None], is_cancelled: IsCancelled
    ) -> ModelReply:
        """Return the whole answer; pieces go to ``on_text``, in this thread, as they arrive.

        :raises TransientError: ``model.`` unreachable or overloaded, after all retries; timeout or cut_off, at once.
        :raises AgentError: ``model.`` not_authorised, not_found, no_credit, context_too_long, rejected, not_a_model,
            empty_answer or looping.
        :raises Cancelled: within 0.3 s of being asked, also while the server is silent or between two tries.
        """
        started = time.monotonic()
        listener = _Listener(on_text, is_cancelled)
        answer = call_with_retries(
            lambda seconds: self._ask(request, seconds, listener),
            passing=FREE_OF_CHARGE,  # what may have cost something is asked again with money of its own set aside
            retries=self._settings.retries,
            total_seconds=self._settings.total_seconds,
            clock=self._clock,
            is_cancelled=is_cancelled,
        )
        return self._reply(request, answer, time.monotonic() - started)

    def _ask(self, request: ModelRequest, seconds: float, listener: _Listener) -> Answer:
        """Ask once, moving down the dialects while the server rejects the request's form."""
        dialect = recall_dialect(self.name, self._server)
        while True:
            try:
                answer = self._listen(request, dialect, seconds, listener)
            except AgentError as error:
                dialect = self._weaker(dialect, request, error)
            else:
                remember_dialect(self.name, self._server, dialect)
                return answer

    def _weaker(self, dialect: Dialect, request: ModelRequest, error: AgentError) -> Dialect:
        weaker = None
        if error.code == "model.rejected":
            reason = str(error.details["reason"])
            is_structured = request.output_schema is not None
            weaker = dialect.weaker(self._model.provider, reason, is_structured=is_structured)
        if weaker is None:
            raise error
        return weaker

    def _listen(self, request: ModelRequest, dialect: Dialect, seconds: float, listener: _Listener) -> Answer:
        call = ModelCall(self._model, self._settings, request, dialect, ResponseHead())
        answer = Answer(largest_answer(request.max_output_tokens))
        with closing(self._chunks(call, seconds, listener.is_cancelled)) as chunks:
            for chunk in chunks:
                if piece := answer.add(chunk):
                    listener.on_text(piece)
                if answer.is_full:
                    break
        answer.check()
        return answer

    def _chunks(self, call: ModelCall, seconds: float, is_cancelled: IsCancelled) -> "Generator[BaseMessageChunk]":
        settings = self._settings
        limits = StreamLimits(settings.first_token_seconds, settings.idle_seconds, seconds)
        try:
            yield from read_chunks(lambda: open_stream(call), limits, is_cancelled, lambda chunk: chunk.text)
        except (AgentError, Cancelled):
            raise
        except Exception as error:  # noqa: BLE001  # each provider's library raises exceptions of its own
            fault = named_fault(error, call.head, model=self.name, secrets=settings.secrets)
        else:
            return
        raise fault  # outside of the handler: the library's exception holds the request's headers

    def _reply(self, request: ModelRequest, answer: Answer, seconds: float) -> ModelReply:
        tokens_input = answer.tokens_input or estimate_tokens(message.content for message in request.messages)
        tokens_output = answer.tokens_output or estimate_tokens([answer.raw_text])
        return ModelReply(
            text=answer.text,
            model=self.name,
            tokens_input=tokens_input,
            tokens_output=tokens_output,
            is_estimated=not (answer.tokens_input and answer.tokens_output),
            finish_reason=answer.finish_reason,
            duration_seconds=seconds,
        )
