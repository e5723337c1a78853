"""What the pages show, assembled from selectors into frozen values; templates only lay it out."""

from dataclasses import dataclass

from django.http import HttpRequest
from django.utils.functional import SimpleLazyObject


@dataclass(frozen=True)
class ConnectedModel:
    """Which model answers requests that name none."""

    name: str
    is_cookbook: bool


def connected_model(_request: HttpRequest) -> dict[str, object]:
    """Offer templates the connected model; nothing is looked for unless a template asks."""
    return {"connected_model": SimpleLazyObject(_connected)}


def _connected() -> ConnectedModel:
    from builds import engine

    name = engine.model_name()
    return ConnectedModel(name=name, is_cookbook=is_cookbook(name))


def is_cookbook(model: str) -> bool:
    """Say whether a model's name is the offline cookbook's."""
    return model.partition(":")[0] == "cookbook"
