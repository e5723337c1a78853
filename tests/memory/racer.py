"""A process of its own that opens the same chat as others, speaks in it and reads; all begin together.

``python -m tests.memory.racer DATABASE USER NAME COUNT`` waits for a line on its input, and prints what it saw as JSON.
"""

import json
import sys

import django
from django.conf import settings


def main(database: str, user_id: str, name: str, count: str) -> None:
    """Speak in the test's own database."""
    django.setup()
    settings.DATABASES["default"]["NAME"] = database
    from agentsite.accounts.models import User
    from memory import conversations
    from memory.history import recent_history

    user = User.objects.get(pk=user_id)
    sys.stdout.write("ready\n")
    sys.stdout.flush()
    sys.stdin.readline()
    seen: set[str] = set()
    windows: list[list[int]] = []
    for number in range(int(count)):
        conversation, _ = conversations.open_conversation(user=user, platform="telegram", chat_id="42")
        seen.add(str(conversation.pk))
        mine, shared = f"{name} {number}", f"update {number}"
        conversations.append_message(conversation=conversation, role="user", content=mine)
        conversations.append_message(
            conversation=conversation, role="user", content=shared, platform_message_id=str(number)
        )
        windows.append([turn.seq for turn in recent_history(conversation)])
    sys.stdout.write(json.dumps({"conversations": sorted(seen), "windows": windows}) + "\n")


if __name__ == "__main__":
    main(*sys.argv[1:])
