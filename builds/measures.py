"""What is counted of runs, models, sandboxes, watchers and webhooks; labels name kinds of things, never people."""

import re
from collections.abc import Sequence
from functools import partial

from django.db import transaction

from agentsite.common.measures import Bounded, counter, gauge, histogram
from builds import failures
from builds.agent.values import JsonDict
from builds.models.run import RunEvent
from builds.states import FINAL

RUNS = counter(
    "agentsite_runs_finished_total",
    "Builds, analyses and jobs that ended; of a failure its code and whose fault it is.",
    *("kind", "status", "code", "fault"),
)
BUILDS = counter(
    "agentsite_builds_finished_total",
    "Builds that ended, with what was proved.",
    *("status", "verification", "code"),
)
ATTEMPTS = counter(
    "agentsite_run_attempts_total",
    "Times that a worker had a run: worked, lost (somebody else took it over) or without_database.",
    *("kind", "outcome"),
)
NODES = histogram(
    "agentsite_node_seconds",
    "How long a step took that was finished, failed, or was stopped.",
    *("node", "outcome"),
)
MODEL_CALLS = counter(
    "agentsite_model_calls_total",
    "Questions to models; the outcome is answered, refused, cancelled, or the failure's code.",
    *("provider", "model", "purpose", "outcome"),
)
MODEL_SECONDS = histogram("agentsite_model_seconds", "How long whole answers took.", "provider", "model")
MODEL_FIRST_SECONDS = histogram(
    "agentsite_model_first_token_seconds", "How long models let wait for their first word.", "provider", "model"
)
MODEL_TOKENS = counter("agentsite_model_tokens_total", "Tokens, input or output.", "provider", "model", "direction")
MODEL_COST = counter(
    "agentsite_model_cost_usd_total", "What answers cost, as far as there is a price.", "provider", "model"
)
SANDBOX_RUNS = histogram(
    "agentsite_sandbox_seconds",
    "Runs in the sandbox; the outcome is how the command ended, or the code of why there was none.",
    *("language", "outcome"),
)
SANDBOX_OPEN = gauge(
    "agentsite_sandbox_runs_open", "Runs in the sandbox that go on or wait for their turn.", "language"
)
WATCHERS = gauge("agentsite_watchers_open", "Sockets and event streams that are open.", "door", "of")
TOLD = counter("agentsite_watchers_messages_total", "What watchers were sent, by its type.", "door", "of", "type")
WEBHOOKS = counter(
    "agentsite_webhook_attempts_total",
    "Attempts to deliver a webhook; the outcome is delivered or the error.",
    "outcome",
)
_ENDING = re.compile(rf"(build|job|analysis)\.({'|'.join(sorted(FINAL))})")
_model_names = Bounded(30)
_codes = Bounded(200)


def note(events: Sequence[RunEvent]) -> None:
    """Count runs that end, once it is certain; called inside the transaction that records it."""
    for event in events:
        if ending := _ENDING.fullmatch(event.kind):
            transaction.on_commit(partial(_count_end, ending[1], ending[2], event.payload), robust=True)


def _count_end(kind: str, status: str, told: JsonDict) -> None:
    code = known_code(str(told.get("error_code") or ""))
    RUNS.labels(kind, status, code, fault_of(code)).inc()
    if kind == "build":
        BUILDS.labels(status, told.get("verification") or "unverified", code).inc()


def fault_of(code: str) -> str:
    """Return whose fault a failure is; empty for what is none."""
    known = failures.TABLE.get(code)
    return known.fault if known else "platform" if code else ""


def known_code(code: str) -> str:
    """Return a code as a label: those of the table, and a bounded number of others."""
    return code if code in failures.TABLE or not code else _codes(code)


def model_labels(name: str) -> tuple[str, str]:
    """Return provider and model; people may ask for models by name, so there are only so many names."""
    provider, _, model = name.partition(":")
    return provider, _model_names(model)
