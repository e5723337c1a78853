"""Records of memory; import each from its own module (Django needs them all to be loaded from here)."""

from memory.models import artifact, attachment, conversation, exclusion, fact, memory, message, stat, usage, vectors

__all__ = [
    "artifact",
    "attachment",
    "conversation",
    "exclusion",
    "fact",
    "memory",
    "message",
    "stat",
    "usage",
    "vectors",
]
