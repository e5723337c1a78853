"""Records of memory; import each from its own module (Django needs them all to be loaded from here)."""

from memory.models import artifact, conversation, fact, memory, message, stat, vectors

__all__ = ["artifact", "conversation", "fact", "memory", "message", "stat", "vectors"]
