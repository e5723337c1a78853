"""What an operator may set as the model of all builds, and what is said of one that will not answer."""

from django.utils.translation import gettext as _

from agentsite.accounts.runtime.table import AGENT_MODEL, Judge, judge
from builds import engine, failures
from builds.agent.errors import AgentError
from builds.agent.llm.choose import parse_model
from builds.agent.llm.reach import reach
from builds.agent.llm.settings import PROVIDERS


def problem_of(name: str) -> str:
    """Say why a name is none of a model; nothing for one that is, and where a model shall be found."""
    try:
        if name:
            parse_model(name)
    except AgentError:
        told = {"providers": ", ".join(PROVIDERS)}
        return _("Give provider:name, the provider one of %(providers)s, or nothing to have one found.") % told
    return ""


def warning_of(name: str) -> str:
    """Say what keeps a model from answering, as far as can be seen from here; asks over the network."""
    if not name:
        return ""
    found = reach(name, engine.model_settings())
    if not found.code:
        return ""
    if found.code == "model.unreachable":
        return _("The model's server does not answer at the moment: until it does, builds wait for it.")
    return f"{failures.message(found.code, found.details)} {failures.hint(found.code, found.details)}"


def register() -> None:
    """Let the setting be judged here."""
    judge(AGENT_MODEL, Judge(problem_of, warning_of))
