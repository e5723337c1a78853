"""What the agent needs from the world. Each port has a scripted implementation in ``builds.agent.scripted``."""

from collections.abc import Callable, Sequence
from dataclasses import dataclass
from typing import Any, Protocol

from builds.agent.limits import Limits
from builds.agent.speech.values import Transcript
from builds.agent.values import (
    AnalysisReport,
    ControlReport,
    Example,
    JsonDict,
    ModelReply,
    ModelRequest,
    Passage,
    SandboxDescription,
    SandboxRequest,
    SandboxResult,
    TestReport,
    Tree,
)

IsCancelled = Callable[[], bool]
"""Cheap, thread-safe question asked often while something long runs."""


class ChatModel(Protocol):
    """A model that answers one request at a time; safe to call from several threads."""

    @property
    def name(self) -> str:
        """``provider:name``."""

    def complete(
        self, request: ModelRequest, *, on_text: Callable[[str], None], is_cancelled: IsCancelled
    ) -> ModelReply:
        """Return the whole answer; pieces go to ``on_text`` as they arrive.

        :raises TransientError: worth another try (unreachable, overloaded, timed out).
        :raises AgentError: ``model.*``, not worth another try.
        :raises Cancelled: the run was asked to stop; the stream is closed.
        """


class Sandbox(Protocol):
    """A place where foreign code can run and reach nothing; safe to call from several threads."""

    def describe(self) -> SandboxDescription:
        """Say what this sandbox is."""

    def run(
        self,
        request: SandboxRequest,
        *,
        is_cancelled: IsCancelled = lambda: False,
        on_output: Callable[[bytes], None] | None = None,
    ) -> SandboxResult:
        """Run one command in a fresh sandbox; whatever it started is dead when this returns.

        :raises AgentError: ``sandbox.*``: the sandbox itself could not run.
        """


class Toolchain(Protocol):
    """How one language's projects are tested, checked and judged, always inside a sandbox."""

    @property
    def language(self) -> str:
        """Lower-case name as used in ``Build.language``."""

    def is_test(self, path: str) -> bool:
        """Say whether a path would be collected as a test file."""

    def acceptance_tests(self, examples: Sequence[Example], tree: Tree) -> Tree:
        """Write the request's examples as test files against the modules of ``tree``; empty without examples."""

    def run_tests(
        self,
        tree: Tree,
        *,
        seed: int = 0,
        is_cancelled: IsCancelled = lambda: False,
        on_output: Callable[[str], None] | None = None,
    ) -> TestReport:
        """Run the project's tests in a fresh sandbox.

        :param seed: shuffles the tests and hashes; 0 keeps the order in which they were written.
        """

    def negative_control(
        self, tree: Tree, *, seed: int = 0, is_cancelled: IsCancelled = lambda: False
    ) -> ControlReport:
        """Run the same tests on stubbed and on mutated code: tests that still pass prove nothing.

        :param seed: decides which mutants are tried.
        """

    def analyse(
        self, tree: Tree, *, coverage_percent: float | None, is_cancelled: IsCancelled = lambda: False
    ) -> AnalysisReport:
        """Measure the code; tests are left out of the scores."""


class Retriever(Protocol):
    """Earlier work that may help, already limited to what the build's owner may see."""

    def passages(self, query: str, *, language: str, budget_tokens: int) -> Sequence[Passage]:
        """Return the best passages, best first, within a budget; empty when there is nothing."""


class Workspace(Protocol):
    """The server's own copy of the files; each change of the tree is a numbered attempt, kept for good."""

    def save(self, attempt: int, tree: Tree) -> str:
        """Store a tree under a number and return its hash; storing the same again changes nothing."""

    def load(self, attempt: int) -> Tree:
        """Return the tree stored under a number."""


class EventSink(Protocol):
    """The build's timeline."""

    def enter(self, node: str) -> None:
        """Record that a node starts, at once; what it emits from now on carries its name."""

    def emit(self, kind: str, payload: JsonDict) -> None:
        """Record one event with the node's state: dotted past tense, plain JSON of at most 32 KiB."""

    def stream(self, text: str) -> None:
        """Show a piece of output to whoever is watching; it is not kept."""


@dataclass(frozen=True)
class Outcome:
    """What an effect gave: its result, the events that tell of it, and the call that is charged, if it was one.

    All three are stored in one transaction.
    """

    result: JsonDict
    events: tuple[tuple[str, JsonDict], ...] = ()
    usage: ModelReply | Transcript | None = None


@dataclass(frozen=True)
class CallBound:
    """What a model call can be at most."""

    model: str
    """``provider:name``."""
    input_bytes: int
    max_output_tokens: int
    tries_before: int = 0
    """How often it was asked in vain, which may have cost something each time."""
    audio_seconds: float = 0.0
    """Of speech, for a transcription: it is priced by the minute."""


class Journal(Protocol):
    """Makes an effect happen once per run, however often its node runs."""

    def once(
        self, kind: str, step: str, given: object, perform: Callable[[], Outcome], *, bound: CallBound | None = None
    ) -> JsonDict:
        """Return the stored result for this node, iteration, step and input, or perform the effect and store it.

        :param kind: ``model``, ``speech``, ``sandbox`` or ``files``.
        :param step: name that is unique inside one run of a node.
        :param given: what the result depends on; plain JSON, hashed.
        :param bound: what it can cost at most, for a model call; set aside before it is performed.
        :raises AgentError: ``budget.*``: it could cost more than is left, and was not performed.
        """


class Clock(Protocol):
    """Time, so that tests need not wait for it."""

    def monotonic(self) -> float:
        """Seconds on a clock that never goes back."""

    def sleep(self, seconds: float) -> None:
        """Wait."""


@dataclass(frozen=True)
class Asking:
    """What every question to a model needs."""

    model: ChatModel
    events: EventSink
    journal: Journal
    clock: Clock
    limits: Limits
    should_stop: IsCancelled
    """True once the run was cancelled, lost or is out of time."""


@dataclass(frozen=True)
class Ports(Asking):
    """All that a node of a build may use."""

    toolchain: Toolchain
    retriever: Retriever
    workspace: Workspace
    in_thread: Callable[[Callable[[], Any]], Any]
    """Calls what it is given in a thread that a node started, and frees what that thread held."""
