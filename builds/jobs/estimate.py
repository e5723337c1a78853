"""What a build can cost at most, said before it begins; the figure becomes its budget, so that it holds."""

from decimal import Decimal

from agentsite.accounts.runtime.table import AGENT_MAX_REPAIRS
from builds.agent.limits import Limits
from builds.agent.llm.prices import MICRO
from builds.runs import pricing

_PROMPT_BYTES = 8_000
"""What every prompt says by itself, with analysis, plan and passages."""
_TRIES = 2
"""An answer that can't be read is asked for once more."""


def cost_at_most(model: str, *, request_bytes: int, project_bytes: int = 0) -> Decimal | None:
    """Return the sum over all calls of a build, each with its longest answer; None when nobody can say the price.

    :param project_bytes: of the code that a fork starts from; every prompt shows it.
    """
    limits, size = Limits(), request_bytes + project_bytes + _PROMPT_BYTES
    code_bytes = limits.code_tokens * 4
    calls = [(limits.analyse_tokens, size)] * _TRIES + [(limits.plan_tokens, size)] * _TRIES
    calls += [(limits.code_tokens, size)] * 2 * _TRIES
    calls += [(limits.code_tokens, size + 2 * code_bytes)] * AGENT_MAX_REPAIRS.now()
    costs = [pricing.price_usd(model, given, answer) for answer, given in calls]
    return None if None in costs else sum((cost for cost in costs if cost), Decimal(0).quantize(MICRO))
