"""Model calls side by side in a process of its own: ``python -m tests.flows.spending BUILD RUN FENCE CALLS``.

Prints how many were made and how many were refused.
"""

import sys
from concurrent.futures import ThreadPoolExecutor
from threading import Barrier
from uuid import UUID

import django

django.setup()

from django.db import connections  # noqa: E402  Django must be set up first

from builds.agent.errors import AgentError  # noqa: E402
from builds.agent.ports import CallBound, Outcome  # noqa: E402
from builds.agent.values import ModelReply  # noqa: E402
from builds.models.run import RunKind  # noqa: E402
from builds.runs.claim import Claim  # noqa: E402
from builds.runs.journal import RunJournal  # noqa: E402
from builds.runs.payer import Payer  # noqa: E402

BOUND = CallBound("openai:gpt-4o", 1000, 1000)
REPLY = ModelReply(text="yes", model=BOUND.model, tokens_input=1000, tokens_output=1000)
"""A call that costs as much as it can."""


def main(build: str, run: str, fence: str, calls: str) -> None:
    """Make the calls at once and print what became of them."""
    journal = RunJournal(Claim(UUID(run), int(fence), 1, RunKind.BUILD), Payer(UUID(build)))
    start = Barrier(int(calls))
    made: list[int] = []
    refused: list[str] = []

    def perform(number: int) -> Outcome:
        made.append(number)
        return Outcome(REPLY.model_dump(mode="json"), usage=REPLY)

    def call(number: int) -> None:
        start.wait()
        try:
            journal.once("model", f"plan.{number}.plan", {}, lambda: perform(number), bound=BOUND)
        except AgentError as error:
            refused.append(error.code)
        finally:
            connections.close_all()

    with ThreadPoolExecutor(int(calls)) as pool:
        list(pool.map(call, range(int(calls))))
    sys.stdout.write(f"{len(made)} {refused.count('budget.exhausted')}\n")


if __name__ == "__main__":
    main(*sys.argv[1:])
