"""Money and tokens: what a call cost, and whether the next one is still within the build's budget."""

from decimal import Decimal
from uuid import UUID

from django.conf import settings
from django.db.models import Sum
from django.utils import timezone

from builds.agent.errors import AgentError
from builds.agent.llm import prices
from builds.agent.values import ModelReply
from builds.models.build import Build
from builds.models.usage import TokenUsage

_BYTES_PER_TOKEN = 1  # an upper bound: no tokenizer makes more tokens than bytes


def charge(build_id: UUID, call_key: str, purpose: str, reply: ModelReply) -> None:
    """Write one call into the ledger; the same key a second time changes nothing."""
    provider, _, name = reply.model.partition(":")
    price = _price(reply.model, reply.tokens_input, reply.tokens_output)
    TokenUsage.objects.get_or_create(
        call_key=call_key,
        defaults={
            "user_id": Build.objects.values_list("user_id", flat=True).get(id=build_id),
            "build_id": build_id,
            "purpose": purpose[:32],
            "provider": provider,
            "model": name,
            "tokens_input": reply.tokens_input,
            "tokens_output": reply.tokens_output,
            "tokens_total": reply.tokens_input + reply.tokens_output,
            "is_estimated": reply.is_estimated,
            "has_price": price is not None,
            "cost_usd": price or Decimal(0),
        },
    )


def spent_usd(build_id: UUID) -> Decimal:
    """Return what a build's calls have cost so far."""
    total: Decimal | None = TokenUsage.objects.filter(build_id=build_id).aggregate(total=Sum("cost_usd"))["total"]
    return total or Decimal(0)


def fits_budget(build_id: UUID, model: str, *, input_bytes: int, max_output_tokens: int) -> bool:
    """Say whether the dearest possible outcome of a call stays within the build's budget.

    :raises AgentError: ``budget.no_price``: nobody can say what this model costs.
    """
    budget: Decimal | None = Build.objects.values_list("budget_usd", flat=True).get(id=build_id)
    if budget is None:
        return True
    tokens = input_bytes // _BYTES_PER_TOKEN
    dearest = _price(model, tokens, max_output_tokens)
    if dearest is None:
        raise AgentError("budget.no_price", model=model)
    return spent_usd(build_id) + dearest <= budget


def _price(model: str, tokens_input: int, tokens_output: int) -> Decimal | None:
    is_custom = model.startswith("openai:") and bool(settings.OPENAI_BASE_URL)
    return prices.cost_usd(model, tokens_input, tokens_output, timezone.now().date(), is_custom_server=is_custom)
