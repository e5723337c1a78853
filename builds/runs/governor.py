"""Keeps a provider that asked for a pause from being asked again by anybody, on any machine, before the pause ends."""

from collections.abc import Callable
from datetime import timedelta

from django.db import transaction
from django.utils import timezone

from agentsite.common.redaction import hide_own
from builds.agent.errors import TransientError
from builds.agent.ports import ChatModel, IsCancelled
from builds.agent.values import ModelReply, ModelRequest
from builds.models.pause import ProviderPause

PAUSING = frozenset({"model.overloaded", "model.unreachable"})
"""Faults of the provider as a whole; others concern one call."""
FIRST_SECONDS, LONGEST_SECONDS = 15.0, 300.0
LONGEST_ASKED_SECONDS = 3600.0


class GovernedModel:
    """Ask a model unless its provider is paused; note its faults and its recovery for everybody."""

    def __init__(self, model: ChatModel) -> None:
        self._model = model
        self._provider = model.name.partition(":")[0]

    @property
    def name(self) -> str:
        """``provider:name``."""
        return self._model.name

    def complete(
        self, request: ModelRequest, *, on_text: Callable[[str], None], is_cancelled: IsCancelled
    ) -> ModelReply:
        """Return the model's answer.

        :raises TransientError: one of ``PAUSING``, with the seconds that are left of the pause.
        """
        pause = current_pause(self._provider)
        if pause is not None:
            raise _fault(pause)
        try:
            reply = self._model.complete(_without_secrets(request), on_text=on_text, is_cancelled=is_cancelled)
        except TransientError as error:
            if error.code in PAUSING:
                pause = begin_pause(self._provider, error.code, error.retry_after_seconds)
                raise _fault(pause) from error
            raise
        ProviderPause.objects.filter(provider=self._provider, failures__gt=0).update(failures=0)
        return reply.model_copy(update={"text": hide_own(reply.text)})


def _without_secrets(request: ModelRequest) -> ModelRequest:
    messages = [message.model_copy(update={"content": hide_own(message.content)}) for message in request.messages]
    return request.model_copy(update={"messages": type(request.messages)(messages)})


def current_pause(provider: str) -> ProviderPause | None:
    """Return the pause a provider is in, if any."""
    return ProviderPause.objects.filter(provider=provider, until__gt=timezone.now()).first()


@transaction.atomic
def begin_pause(provider: str, code: str, asked_seconds: float | None) -> ProviderPause:
    """Pause a provider for as long as it asked, else longer each time; one that is paused stays as it is."""
    ProviderPause.objects.get_or_create(provider=provider, defaults={"until": timezone.now()})
    pause = ProviderPause.objects.select_for_update().get(provider=provider)
    if pause.until > timezone.now():
        return pause
    growing = min(LONGEST_SECONDS, FIRST_SECONDS * 2.0 ** min(pause.failures, 10))
    seconds = growing if asked_seconds is None else min(asked_seconds, LONGEST_ASKED_SECONDS)
    pause.failures += 1
    pause.code, pause.until = code, timezone.now() + timedelta(seconds=max(1.0, seconds))
    pause.save()
    return pause


def _fault(pause: ProviderPause) -> TransientError:
    left = (pause.until - timezone.now()).total_seconds()
    return TransientError(pause.code, retry_after_seconds=max(1.0, left))
