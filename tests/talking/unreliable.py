"""A stand-in model that answers as the labels say, and gives malformed output a third of the time."""

import json
import random
from collections.abc import Mapping

from tests.stand_ins.replies import Json, Reply, purpose_of
from tests.talking.labelled import Label

MALFORMED = (
    "",
    '{"intent": "build", "progr',
    "I think the user would like a program.",
    "<html><body>502 Bad Gateway</body></html>",
    "[]",
    '{"intent": "dance"}',
    '{"intent": null, "project_name": "", "requirements": ""}',
    "```json\n{intent: build\n```",
)


class UnreliableModel:
    """Answer each request by its message; malformed with a chance of one in three, the same ones in every run."""

    def __init__(self, labels: Mapping[str, Label], seed: int = 7) -> None:
        self._labels = labels
        self._chance = random.Random(seed)  # noqa: S311  no secret
        self.malformed = 0
        self.calls = 0

    def __call__(self, body: Json) -> Reply:
        """Return an answer; for ``ModelServer``."""
        self.calls += 1
        if self._chance.random() < 1 / 3:
            self.malformed += 1
            return Reply(self._chance.choice(MALFORMED))
        label = self._label(json.dumps(body, ensure_ascii=False))
        answers: dict[str, str] = {
            "read": json.dumps({name: getattr(label, name) for name in ("intent", "programming", "target", "named")}),
            "outline": json.dumps({"project_name": "project", "requirements": label.text, "steps": ["build it"]}),
        }
        return Reply(answers.get(str(purpose_of(body)), "Here is the answer."))

    def _label(self, body: str) -> Label:
        """Find the message in the request: the longest that stands in it, for one can be a part of another."""
        found = [text for text in self._labels if json.dumps(text, ensure_ascii=False)[1:-1] in body]
        return self._labels[max(found, key=len)]
