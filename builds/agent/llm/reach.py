"""Whether a model's server is there at all; asked once, when somebody chooses the model."""

from builds.agent.llm.settings import ModelName, ModelSettings

_SECONDS = 2.0


def is_reached(model: ModelName, settings: ModelSettings) -> bool:
    """Say whether something answers where the model should be; a provider's own address is not tried."""
    base_url = settings.base_url(model.provider)
    if not base_url:
        return True
    import httpx

    from builds.agent.llm.providers import split_credentials

    url, headers = split_credentials(base_url)
    try:
        httpx.head(url, headers=headers, timeout=_SECONDS, follow_redirects=False, trust_env=False)
    except (httpx.HTTPError, httpx.InvalidURL):
        return False
    return True
