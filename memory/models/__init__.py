"""Records of memory; import each from its own module (Django needs them all to be loaded from here)."""

from memory.models import exclusion, usage, vectors

__all__ = ["exclusion", "usage", "vectors"]
