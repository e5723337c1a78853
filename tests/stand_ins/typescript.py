"""Ready-made scripts for whole builds of one small TypeScript program: the JavaScript one, with types."""

from dataclasses import replace

from tests.stand_ins import javascript
from tests.stand_ins.scripts import BuildScript

REQUEST = javascript.REQUEST.replace("slugify.js", "slugify.ts")


def _typed(text: str) -> str:
    return (
        text.replace("```javascript", "```typescript")
        .replace(".js", ".ts")
        .replace("slugify(text)", "slugify(text: string): string")
        .replace("text.ts", "text")
    )


def _script(build: BuildScript) -> BuildScript:
    return {
        purpose: tuple(replace(reply, text=_typed(reply.text)) for reply in replies)
        for purpose, replies in build.items()
    }


GOOD_BUILD = _script(javascript.GOOD_BUILD)
"""Passes at the first try."""
