"""JavaScript and TypeScript projects: ES modules, tested with Node's own test runner."""

from builds.toolchains.javascript.toolchain import JavaScriptToolchain, TypeScriptToolchain

__all__ = ["JavaScriptToolchain", "TypeScriptToolchain"]
