"""Every way a build or an analysis can end badly: whose fault it is, whether trying again can help, and what to do.

A code never changes once released. ``docs/failures.md`` is made from this table.
"""

from collections.abc import Mapping

from django.utils.functional import Promise
from django.utils.translation import gettext_lazy as _

from builds.attachments import failures as attachments
from builds.deployments import failures as deployments
from builds.failure import TELL_THE_OPERATOR, Failure

_CONNECT = _("Connect a model: set AGENT_MODEL to provider:name, for example ollama:qwen2.5-coder, and start again.")
_RETRY = _("Try again; if it happens again, choose another model.")

TABLE: dict[str, Failure] = {
    "model.no_recipe": Failure(
        "user", False, _("No recipe of the offline cookbook fits this request. The nearest are: %(nearest)s."), _CONNECT
    ),
    "model.cannot_repair": Failure(
        "model",
        False,
        _("The cookbook's recipe does not do what this request's examples ask, and recipes are fixed."),
        _CONNECT,
    ),
    "model.cannot_extend": Failure(
        "model",
        False,
        _("The offline cookbook's recipes are fixed: it cannot change a project that is there."),
        _(
            "Connect a model: set AGENT_MODEL to provider:name and start again. "
            "Or submit a new build that asks for everything at once."
        ),
    ),
    "model.unknown": Failure(
        "user",
        False,
        _("There is no model named %(model)s."),
        _("Give provider:name; the providers are ollama, openai, anthropic and cookbook."),
    ),
    "model.unreachable": Failure(
        "model",
        True,
        _("The model's server cannot be reached."),
        _("Check that it runs and that its address is right."),
    ),
    "model.overloaded": Failure(
        "model", True, _("The model's server is overloaded or limits its rate."), _("Wait a little and try again.")
    ),
    "model.timeout": Failure(
        "model", True, _("The model took too long to answer."), _("Try again, or choose a faster model.")
    ),
    "model.cut_off": Failure(
        "model",
        True,
        _("The model's answer was cut off before its end."),
        _("Ask for a smaller program, or choose a model that can answer at greater length."),
    ),
    "model.empty_answer": Failure("model", True, _("The model answered nothing."), _RETRY),
    "model.refused": Failure(
        "model", False, _("The model refused this request."), _("Say it in other words, or choose another model.")
    ),
    "model.looping": Failure("model", True, _("The model repeated itself without end and was stopped."), _RETRY),
    "model.not_a_model": Failure(
        "model",
        False,
        _("What answered is not a model's server: it sent a web page."),
        _("Check the server's address; a proxy may be in between."),
    ),
    "model.not_authorised": Failure(
        "user", False, _("The model's server refused the key."), _("Check the key in the settings.")
    ),
    "model.not_found": Failure(
        "user", False, _("The server does not have this model."), _("Pull it, or choose one that the server lists.")
    ),
    "model.context_too_long": Failure(
        "user",
        False,
        _("The request is too long for this model."),
        _("Shorten it, or choose a model with more context."),
    ),
    "model.rejected": Failure(
        "model",
        False,
        _("The model's server rejected the call."),
        _("Look whether the server supports chat completions."),
    ),
    "model.bad_answer": Failure(
        "model", True, _("The model's answer to “%(purpose)s” could not be read, twice."), _RETRY
    ),
    "model.no_files": Failure("model", True, _("The model's answer held no file that could be used."), _RETRY),
    "files.unsafe_path": Failure("model", True, _("The model named a file that may not be written: %(path)s."), _RETRY),
    "files.too_many": Failure("model", True, _("The project has too many files."), _("Ask for a smaller program.")),
    "files.too_large": Failure("model", True, _("The project's files are too large."), _("Ask for a smaller program.")),
    "files.binary": Failure("model", True, _("A file holds what is not text."), _RETRY),
    "files.collision": Failure("model", True, _("Two files have names that clash: %(path)s."), _RETRY),
    "tests.failing": Failure(
        "model",
        True,
        _("The tests still fail after %(repairs)s repairs."),
        _("Read what failed below; say more precisely what is wanted, or choose a stronger model."),
    ),
    "build.stuck": Failure(
        "model",
        True,
        _("The agent made no progress: the same tests failed in the same way again."),
        _("Read what failed below; say more precisely what is wanted, or choose a stronger model."),
    ),
    "build.timeout": Failure(
        "platform",
        True,
        _("The build took longer than it may."),
        _("Ask for a smaller program, or choose a faster model."),
    ),
    "build.node_timeout": Failure(
        "platform",
        True,
        _("The step “%(node)s” took longer than it may."),
        _("Ask for a smaller program, or choose a faster model."),
    ),
    "build.worn_out": Failure(
        "platform", True, _("The build was interrupted too often and was given up."), TELL_THE_OPERATOR
    ),
    "analysis.no_answer": Failure(
        "user",
        False,
        _("None of the analysers could judge this code: %(reasons)s."),
        _("Send less code at once, and leave out files that were generated or cannot be parsed."),
    ),
    "analysis.timeout": Failure(
        "platform", True, _("The analysis took longer than it may."), _("Send less code at once, or try again.")
    ),
    "analysis.worn_out": Failure(
        "platform", True, _("The analysis was interrupted too often and was given up."), TELL_THE_OPERATOR
    ),
    "budget.exhausted": Failure(
        "user",
        False,
        _("The next model call could have cost more than the budget has left."),
        _("Raise the budget of the build or, if that is what ran out, of the month, or choose a cheaper model."),
    ),
    "budget.no_price": Failure(
        "user",
        False,
        _("This build has a budget, its own or its owner's, and nobody can say what %(model)s costs."),
        _("Leave the build's budget empty, choose a model with a known price, or ask the operator to add the price."),
    ),
    "job.worn_out": Failure(
        "platform",
        True,
        _("This message was taken up too often without an answer."),
        _("Send it again; if it happens again, the server's log says why."),
    ),
    "job.timeout": Failure(
        "platform", True, _("Answering this message took too long."), _("Send it again, or in smaller pieces.")
    ),
    "job.no_files": Failure(
        "user", False, _("“%(name)s” has no files yet that could be changed."), _("Wait until it has some.")
    ),
    "job.refused": Failure("user", False, _("This can't be built: %(reason)s"), _("Change the request.")),
    "job.parent_gone": Failure(
        "user", False, _("“%(name)s”, which was to be changed, is gone."), _("Ask for it as a new build.")
    ),
    "quota.storage": Failure(
        "user",
        False,
        _("Its owner's storage is full, so the next files could not be stored."),
        _("Delete builds and analyses that are not needed any more, or ask the operator for more storage; then retry."),
    ),
    "model.no_key": Failure(
        "user", False, _("The model's provider needs a key."), _("Set %(setting)s, or choose another model.")
    ),
    "model.no_credit": Failure(
        "user",
        False,
        _("The account with the model's provider has no credit left."),
        _("Top it up, or choose another model."),
    ),
    "sandbox.unavailable": Failure(
        "sandbox",
        True,
        _("There is no working sandbox on this server, and nothing runs without one."),
        _("Run script/doctor on the server: it says what each kind of sandbox lacks there."),
    ),
    "sandbox.busy": Failure(
        "sandbox", True, _("All places in the sandbox are taken."), _("Wait a little and try again.")
    ),
    "sandbox.input": Failure("sandbox", False, _("The files cannot be taken into the sandbox."), _RETRY),
    "sandbox.start_failed": Failure("sandbox", True, _("The sandbox did not start."), TELL_THE_OPERATOR),
    "sandbox.unreachable": Failure(
        "sandbox",
        True,
        _("The sandbox-runner cannot be reached."),
        _("Check that it runs, and SANDBOX_URL."),
    ),
    "sandbox.lost": Failure(
        "sandbox",
        True,
        _("The sandbox-runner was lost while it ran the code."),
        _("Try again; if it happens again, tell the operator: the runner's log says why it stopped."),
    ),
    "sandbox.not_authorised": Failure(
        "platform",
        False,
        _("The sandbox-runner does not know this worker."),
        _("Set SANDBOX_TOKEN to the same value for both."),
    ),
    "sandbox.bad_answer": Failure(
        "platform",
        False,
        _("What answered is not a sandbox-runner of this version."),
        _("Check SANDBOX_URL, and that worker and runner are of the same version."),
    ),
    "toolchain.example": Failure(
        "platform",
        False,
        _("An example of the request could not be made into a test: %(expression)s."),
        TELL_THE_OPERATOR,
    ),
    "toolchain.unsupported": Failure(
        "user", False, _("Programs in %(language)s cannot be built here."), _("Choose one of the offered languages.")
    ),
    **attachments.TABLE,
    **deployments.TABLE,
    "platform.error": Failure("platform", True, _("Something went wrong inside Agentsite."), TELL_THE_OPERATOR),
}

_AS_ROOT = _("As root: %(command)s. Then start the server again.")
HINTS_BY_ADVICE: dict[str, str | Promise] = {
    "runtime.missing": _("Run %(command)s, which makes what programs run with. Then start the server again."),
    "program.missing": _AS_ROOT,
    "namespaces.unavailable": _AS_ROOT,
    "locks.unwritable": _AS_ROOT,
    "locks.not_private": _AS_ROOT,
    "cgroup.missing": _("SANDBOX_REQUIRE_CGROUP is set. Start the server so that it gets a group: %(command)s"),
    "engine.missing": _("SANDBOX_IMAGE is set: install Docker or Podman. Then start the server again."),
    "engine.unreachable": _(
        "Start the container engine, and let the server's user talk to it. Then start the server again."
    ),
    "image.missing": _("Set SANDBOX_IMAGE to an image for builds; docs/security.md says what it has to hold."),
}
"""What to do where ``advice`` says why there is no sandbox; other reasons get the general hint."""


def failure(code: str) -> Failure:
    """Return a code's meaning; an unknown code is the platform's fault."""
    return TABLE.get(code, TABLE["platform.error"])


def message(code: str, details: Mapping[str, object]) -> str:
    """Return the sentence for a code with its details filled in, in the reader's language; none without a code."""
    return code and _filled(str(failure(code).message), details)


def hint(code: str, details: Mapping[str, object] | None = None) -> str:
    """Return what to do, in the reader's language."""
    given = details or {}
    text = HINTS_BY_ADVICE.get(str(given.get("advice", "")), failure(code).hint)
    return _filled(str(text), given)


def as_markdown() -> str:
    """Return the table as it stands in ``docs/failures.md``."""
    rows = [
        f"| `{code}` | {row.fault} | {'yes' if row.can_retry else 'no'} | {row.message} | {_hints(code)} |"
        for code, row in TABLE.items()
    ]
    head = ["| code | whose fault | can a retry help | what is said | what to do |", "|---|---|---|---|---|"]
    return "\n".join([*head, *rows])


def _hints(code: str) -> str:
    """Return a code's hint, with those for single reasons after it."""
    special = HINTS_BY_ADVICE if code == "sandbox.unavailable" else {}
    return " ".join([str(failure(code).hint), *(f"`{advice}`: {text}" for advice, text in special.items())])


def _filled(text: str, details: Mapping[str, object]) -> str:
    shown = _Shown({name: _shown(value) for name, value in details.items()})
    return text % shown if "%(" in text else text


class _Shown(dict[str, str]):
    def __missing__(self, name: str) -> str:
        return "?"


def _shown(value: object) -> str:
    if isinstance(value, dict):
        return str(value.get("title") or value.get("name") or "")
    if isinstance(value, list | tuple):
        return ", ".join(_shown(item) for item in value)
    return str(value)[:300]
