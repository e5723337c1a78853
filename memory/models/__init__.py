"""Records of memory; import each from its own module (Django needs them all to be loaded from here)."""

from memory.models import usage, vectors

__all__ = ["usage", "vectors"]
