"""What goes by itself: messages after their time, memories that have expired, files that were never said."""

from memory import memories, retention
from memory.attachments import services as attachments


def tidy() -> dict[str, int]:
    """Delete what may not be kept any longer; return how much of each."""
    return {**retention.delete_old(), "memories": memories.delete_expired(), "attachments": attachments.delete_unsaid()}
