"""Records of memory; import each from its own module (Django needs them all to be loaded from here)."""

from memory.models import artifact, conversation, exclusion, fact, memory, message, stat, usage, vectors

__all__ = ["artifact", "conversation", "exclusion", "fact", "memory", "message", "stat", "usage", "vectors"]
