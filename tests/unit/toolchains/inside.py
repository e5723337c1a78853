"""Brings modules of the sandbox's own side into a test; they import each other by their short names."""

import importlib
import sys
from pathlib import Path
from types import ModuleType

import builds.toolchains

DRIVERS = str(Path(builds.toolchains.__file__).parent / "inside")


def inside(name: str) -> ModuleType:
    """Import a module of ``builds/toolchains/inside`` as the sandbox does."""
    sys.path.insert(0, DRIVERS)
    try:
        return importlib.import_module(name)
    finally:
        sys.path.remove(DRIVERS)
