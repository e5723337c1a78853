"""JavaScript projects: ES modules, tested with Node's own test runner."""

from builds.toolchains.javascript.toolchain import JavaScriptToolchain

__all__ = ["JavaScriptToolchain"]
