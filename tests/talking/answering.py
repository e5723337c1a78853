"""A door in a process of its own: ``python -m tests.talking.answering DOOR``.

Reads from standard input ``{"user": …, "at": [moments], "approvals": [ids]}``, answers each proposal at its moment and
prints, as JSON, what became of each: ``won`` or the code of the refusal. The door ``clock`` lets time run out instead.
"""

import json
import sys
import time

import django

django.setup()

from django.db import connection  # noqa: E402  Django must be set up first

from agentsite.accounts.models import User  # noqa: E402
from agentsite.common.errors import AppError  # noqa: E402
from builds.approvals import services  # noqa: E402
from builds.models.approval import Approval  # noqa: E402


def main(door: str) -> None:
    """Answer at the given moments and tell."""
    wanted = json.loads(sys.stdin.read())
    user = User.objects.get(id=wanted["user"])
    connection.ensure_connection()
    outcomes = []
    for moment, approval_id in zip(wanted["at"], wanted["approvals"], strict=True):
        approval = Approval.objects.get(id=approval_id)
        time.sleep(max(0.0, moment - time.time()))
        outcomes.append(str(services.expire_due()) if door == "clock" else _answer(user, approval, door))
    sys.stdout.write(json.dumps(outcomes))


def _answer(user: User, approval: Approval, door: str) -> str:
    try:
        services.answer(user=user, approval=approval, approve=door != "telegram", via=door)
    except AppError as refused:
        return refused.code
    return "won"


if __name__ == "__main__":
    main(sys.argv[1])
