"""Which embedder the settings name."""

from collections.abc import Callable
from pathlib import Path

from django.conf import settings

from memory.embeddings import Embedder, HashingEmbedder, UnusableEmbedder
from memory.minilm import MiniLMEmbedder
from memory.remote_embeddings import OllamaEmbedder, OpenAIEmbedder

OLLAMA_MODEL = "nomic-embed-text"
FORMS = "give hashing, minilm:directory, ollama:model or openai:model"


def chosen_embedder() -> Embedder:
    """Make the embedder that ``EMBEDDER`` names; files are looked at, servers are not asked.

    :raises UnusableEmbedder: there is no such kind, or what it needs is missing.
    """
    kind, _, name = (part.strip() for part in settings.EMBEDDER.partition(":"))
    if kind not in _MAKERS:
        raise UnusableEmbedder(FORMS)
    return _MAKERS[kind](name)


def _hashing(name: str) -> Embedder:
    if name:
        raise UnusableEmbedder("hashing stands alone; " + FORMS)
    return HashingEmbedder()


def _minilm(name: str) -> Embedder:
    if not name:
        raise UnusableEmbedder("give minilm:directory, the directory that holds the model's files")
    return MiniLMEmbedder(Path(settings.BASE_DIR) / name, settings.EMBEDDER_SHA256)


def _ollama(name: str) -> Embedder:
    return OllamaEmbedder(name or OLLAMA_MODEL, settings.OLLAMA_BASE_URL)


def _openai(name: str) -> Embedder:
    if not name:
        raise UnusableEmbedder("give openai:model, for example openai:text-embedding-3-small")
    if not (settings.OPENAI_API_KEY or settings.OPENAI_BASE_URL):
        raise UnusableEmbedder("set OPENAI_API_KEY, or OPENAI_BASE_URL for a server that asks for no key")
    return OpenAIEmbedder(name, settings.OPENAI_BASE_URL, settings.OPENAI_API_KEY)


_MAKERS: dict[str, Callable[[str], Embedder]] = {
    "hashing": _hashing,
    "minilm": _minilm,
    "ollama": _ollama,
    "openai": _openai,
}
