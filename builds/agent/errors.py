"""What can end a build, as codes.

A code never changes once released. The sentence a person reads, and what to do about it, is looked up by code in
``builds.failures``, where it can be translated; ``details`` fill that sentence and must be plain JSON.
"""

from collections.abc import Mapping


class AgentError(Exception):
    """End the current step with a stable dotted code.

    :param code: dotted, e.g. ``model.unreachable``; must be listed in ``builds.failures``.
    :param details: values for the sentence shown to a person; plain JSON, no secrets, no host paths.
    """

    def __init__(self, code: str, **details: object) -> None:
        super().__init__(code)
        self.code = code
        self.details: Mapping[str, object] = details

    def __str__(self) -> str:
        return f"{self.code} {dict(self.details)}" if self.details else self.code


class TransientError(AgentError):
    """Report a fault that may pass by itself.

    :param retry_after_seconds: how long the other side asked us to wait; None when it did not say.
    """

    def __init__(self, code: str, *, retry_after_seconds: float | None = None, **details: object) -> None:
        super().__init__(code, **details)
        self.retry_after_seconds = retry_after_seconds


class Cancelled(Exception):
    """Unwind the current step because the run was asked to stop; not a failure."""
