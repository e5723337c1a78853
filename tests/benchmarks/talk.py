"""How many labelled messages are read and planned right: by the rules, and with a model that is malformed now and then.

The model is a stand-in over real HTTP that answers as the labels say, and with malformed output a third of the time.
"""

import os
import sys
import time
from collections import Counter

import django

os.environ.setdefault("DJANGO_SETTINGS_MODULE", "agentsite.settings")
django.setup()

from django.core.management import call_command  # noqa: E402  Django must be set up first

from agentsite.accounts.models import User  # noqa: E402
from builds.models.job import Job  # noqa: E402
from builds.models.run import RunEvent  # noqa: E402
from tests.flows.worlds import model_server  # noqa: E402
from tests.talking.conversing import opened, said, work  # noqa: E402
from tests.talking.labelled import (  # noqa: E402
    Label,
    Share,
    by_rules,
    labels,
    outline_by_rules,
    planned_share,
    read_shares,
)
from tests.talking.unreliable import UnreliableModel  # noqa: E402


def main() -> None:
    """Read all messages in both ways and print what is right."""
    rows = labels()
    names = sorted({row.named for row in rows if row.named})
    _print(
        "by the rules alone",
        [*read_shares(rows, lambda row: by_rules(row, names)), planned_share(rows, outline_by_rules)],
    )
    call_command("migrate", verbosity=0)
    _with_unreliable_model(rows)


def _with_unreliable_model(rows: list[Label]) -> None:
    user = User.objects.create_user(f"bench-{os.getpid()}")
    model, began = UnreliableModel({row.text: row for row in rows}), time.monotonic()
    with model_server(model):
        jobs = [said(opened(user), row.text) for row in rows]
        work()
    ended = Counter(Job.objects.filter(user=user).values_list("status", flat=True))
    answered = sum(job.conversation.messages.filter(role="assistant").exists() for job in jobs if job.conversation)
    read = dict(RunEvent.objects.filter(kind="message.read").values_list("run_id", "payload"))
    right = sum(read[job.run_id]["intent"] == row.intent for row, job in zip(rows, jobs, strict=True))
    rules = RunEvent.objects.filter(kind="rules.answered").count()
    _print(
        f"with a model of whose {model.calls} answers {model.malformed} were malformed",
        [
            Share("intent", right, len(rows)),
            Share("messages that got an answer", answered, len(rows)),
            Share("steps done by the rules", rules, model.calls),
        ],
    )
    sys.stdout.write(f"  jobs {dict(ended)}, {time.monotonic() - began:.0f} s\n")


def _print(title: str, shares: list[Share]) -> None:
    sys.stdout.write(f"\n{title}\n" + "".join(f"  {share}\n" for share in shares))


if __name__ == "__main__":
    main()
