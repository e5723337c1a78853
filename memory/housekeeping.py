"""What goes by itself: messages after their time, and memories that have expired."""

from memory import memories, retention


def tidy() -> dict[str, int]:
    """Delete what may not be kept any longer; return how much of each."""
    return {**retention.delete_old(), "memories": memories.delete_expired()}
