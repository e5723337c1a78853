"""What the operator says about models: which one, where it is, and how long to wait for it."""

from dataclasses import dataclass, field
from typing import Literal, get_args

Provider = Literal["ollama", "openai", "anthropic", "cookbook"]
PROVIDERS: tuple[Provider, ...] = get_args(Provider)


@dataclass(frozen=True)
class ModelName:
    """A model as configured; its text form is ``provider:name``."""

    provider: Provider
    name: str

    def __str__(self) -> str:
        return f"{self.provider}:{self.name}"


@dataclass(frozen=True)
class ModelSettings:
    """Addresses, keys and limits of model calls.

    Addresses and keys stay out of ``repr``: an address may carry a password. An empty address means the provider's
    own. ``total_seconds`` bounds one call with all its retries and waits; ``retries`` counts tries after the first.
    """

    ollama_base_url: str = field(default="http://127.0.0.1:11434", repr=False)
    openai_base_url: str = field(default="", repr=False)
    openai_api_key: str = field(default="", repr=False)
    anthropic_api_key: str = field(default="", repr=False)
    first_token_seconds: float = 120.0
    idle_seconds: float = 60.0
    total_seconds: float = 600.0
    connect_seconds: float = 5.0
    retries: int = 3
    anthropic_base_url: str = field(default="", repr=False)

    @property
    def secrets(self) -> tuple[str, ...]:
        """Return the keys that no message may contain."""
        return tuple(key for key in (self.openai_api_key, self.anthropic_api_key) if key)

    def has_custom_server(self, provider: Provider) -> bool:
        """Say whether a provider's own list prices do not apply because another server answers."""
        return provider in {"openai", "anthropic"} and bool(self.base_url(provider))

    def base_url(self, provider: Provider) -> str:
        """Return the address of a provider's server; empty for the provider's own, and for the cookbook."""
        addresses = {
            "ollama": self.ollama_base_url,
            "openai": self.openai_base_url,
            "anthropic": self.anthropic_base_url,
        }
        return addresses.get(provider, "")
