"""The negative control's sessions: which come next, which tests they run, and what came out."""

import time
from typing import Any

MOST_PATIENCE, LEAST_PATIENCE = 10.0, 0.5
SLOWER = 10
"""A test under the control may take this many times as long as all tests together took before."""

STUBS_THAT_RETURN = {"neutral", "contrary"}
LOOKED = ("AssertionError", "Failed", "assert ")
"""How a failure begins when the test compared something; the others are crashes, which any test notices."""

Message = dict[str, Any]


class Plan:
    """Stubs first, then as many mutants as there is time for."""

    def __init__(self, options: Message) -> None:
        self.options = options
        self.kinds: list[str] = list(options["sessions"])
        self.until = time.monotonic() + options["mutant_seconds"]
        self.possible = 0
        self.mutants: list[Message] = []
        self.waiting: list[int] = []
        self.tried: list[list[str]] = []
        """Groups of tests that pass by themselves, without those that no mutant of theirs concerns."""
        self.reached: dict[str, set[str]] = {}
        self.types: dict[str, list[str]] = {}
        """What each function was seen to return: stubs answer with a wrong value of that type."""
        self.passing: set[str] = set()
        self.patience = MOST_PATIENCE
        self.is_hopeless = False
        """Tests fail that passed before: nothing can be learnt from what else fails."""
        self.now: Message | None = None
        self.since = time.monotonic()
        self.ended: list[Message] = []

    def first(self) -> Message:
        """Return what the child needs to know before the first session."""
        return {"sessions": True, "seed": self.options["seed"], "mutants": self.options["mutants"]}

    def know(self, possible: int, facts: list[Any]) -> None:
        """Take the list of mutants; this process makes its own share of them."""
        self.possible = possible
        names = ("path", "line", "function", "what")
        self.mutants = [dict(zip(names, fact, strict=True)) for fact in facts]
        part, parts = self.options["part"]
        self.waiting = list(range(len(facts)))[part::parts]

    def take(self, message: Message) -> None:
        """Note one result."""
        assert self.now is not None
        outcome = message["outcome"]
        if outcome == "failed" and not str(message["message"]).startswith(LOOKED):
            outcome = "error"
        self.now["results"][message["id"]] = outcome
        if self.now["kind"] == "mark":
            self.reached.setdefault(message["id"], set(message["functions"]))
            self.now["functions"][message["id"]] = message["functions"]
            self.now["odd"] = message.get("odd", [])
            for function, _, kind in (seen.rpartition(" ") for seen in message.get("types", [])):
                known = self.types.setdefault(function, [])
                known += [kind] if kind not in known else []
            if message["outcome"] == "passed":
                self.passing.add(message["id"])

    def results(self) -> Message:
        """Return the outcomes of the session that runs."""
        return self.now["results"] if self.now is not None else {}

    def next(self) -> Message:
        """Close the session that ended, and return the order for the next; nothing when there is none."""
        self.close()
        if self.is_hopeless:
            return {}
        if self.kinds:
            return self.start(self.kinds.pop(0), 0, [])
        while self.waiting and time.monotonic() < self.until:
            number = self.waiting[0]
            function = self.mutants[number]["function"]
            tests = [name for name in sorted(self.passing) if function in self.reached.get(name, ())]
            if tests and tests not in self.tried and len(tests) < len(self.passing):
                self.tried.append(tests)
                return self.start("mark", 0, tests)
            self.waiting.pop(0)
            if tests:
                return self.start("mutant", number, tests)
        return {}

    def start(self, kind: str, number: int, tests: list[str]) -> Message:
        """Open a session."""
        self.now = {"kind": kind, "number": number, "results": {}, "functions": {}, "odd": []}
        self.since = time.monotonic()
        types = self.types if kind in STUBS_THAT_RETURN else {}
        return {"kind": kind, "number": number, "tests": tests, "patience": self.patience, "types": types}

    def close(self) -> None:
        """Keep what came out; the first session tells how long tests take."""
        if self.now is None:
            return
        if self.now["kind"] == "mark":
            took = (time.monotonic() - self.since) * SLOWER
            self.patience = max(self.patience if self.ended else 0, min(MOST_PATIENCE, max(LEAST_PATIENCE, took)))
            self.is_hopeless = set(self.now["results"].values()) != {"passed"}
        self.ended.append(self.now)
        self.now = None
