"""Python projects."""

from builds.toolchains.python.toolchain import PythonToolchain

__all__ = ["PythonToolchain"]
