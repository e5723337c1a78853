"""Token counts where the server gives none."""

from collections.abc import Iterable

BYTES_PER_TOKEN = 4


def estimate_tokens(texts: Iterable[str]) -> int:
    """Estimate the tokens of some texts from their UTF-8 length, rounded up.

    Four bytes a token is the usual rule for English and code; no tokenizer is asked, because those download their
    tables at the first use.
    """
    size = sum(len(text.encode("utf-8", "replace")) for text in texts)
    return -(-size // BYTES_PER_TOKEN)
