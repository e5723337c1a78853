"""The BERT encoder in NumPy, as far as sentence embeddings need it: forward, without dropout, one kind of segment."""

import json
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING, Any, Self

from memory.embeddings import UnusableEmbedder
from memory.vectors import Vector

if TYPE_CHECKING:
    import numpy as np
    from numpy.typing import NDArray

MARKS, MAX_LAYERS = 2, 96
"""What stands around every text, and the deepest model there is."""
GELU_BLOCK = 1 << 16
"""Numbers that are bent at once: what a core's cache holds with everything computed on the way."""
NEVER = -1e9
"""Added to the score of padding before the softmax."""
_KNOWN = {"model_type": "bert", "hidden_act": "gelu", "position_embedding_type": "absolute"}


@dataclass(frozen=True)
class BertConfig:
    """A model's sizes, as ``config.json`` names them."""

    vocab_size: int
    hidden_size: int
    intermediate_size: int
    num_hidden_layers: int
    num_attention_heads: int
    max_position_embeddings: int
    type_vocab_size: int
    layer_norm_eps: float

    @classmethod
    def read(cls, path: Path) -> Self:
        """Read the sizes.

        :raises UnusableEmbedder: it is no BERT as this module computes it.
        """
        try:
            found: dict[str, Any] = json.loads(path.read_bytes())
            sizes = {name: int(found[name]) for name in cls.__annotations__ if name != "layer_norm_eps"}
            config = cls(layer_norm_eps=float(found.get("layer_norm_eps", 1e-12)), **sizes)
            is_known = all(found.get(name, value) == value for name, value in _KNOWN.items())
        except (ValueError, KeyError, TypeError, AttributeError, RecursionError):
            raise UnusableEmbedder(f"{path.name} does not describe a BERT model") from None
        if not (is_known and config.is_possible):
            raise UnusableEmbedder(f"{path.name} describes another kind of model than all-MiniLM-L6-v2")
        return config

    @property
    def is_possible(self) -> bool:
        """Say whether the sizes go together."""
        sizes = (self.vocab_size, self.intermediate_size, self.type_vocab_size, self.num_attention_heads)
        return (
            min(*sizes, self.hidden_size) >= 1
            and self.max_position_embeddings > MARKS
            and 1 <= self.num_hidden_layers <= MAX_LAYERS
            and self.hidden_size % self.num_attention_heads == 0
        )

    def tensors(self) -> dict[str, tuple[int, ...]]:
        """Return the shape of every tensor that is needed."""
        hidden, inner = self.hidden_size, self.intermediate_size
        shapes: dict[str, tuple[int, ...]] = {
            "embeddings.word_embeddings.weight": (self.vocab_size, hidden),
            "embeddings.position_embeddings.weight": (self.max_position_embeddings, hidden),
            "embeddings.token_type_embeddings.weight": (self.type_vocab_size, hidden),
            **_both("embeddings.LayerNorm", (hidden,), hidden),
        }
        for number in range(self.num_hidden_layers):
            layer = f"encoder.layer.{number}"
            for part in ("query", "key", "value"):
                shapes |= _both(f"{layer}.attention.self.{part}", (hidden, hidden), hidden)
            shapes |= _both(f"{layer}.attention.output.dense", (hidden, hidden), hidden)
            shapes |= _both(f"{layer}.attention.output.LayerNorm", (hidden,), hidden)
            shapes |= _both(f"{layer}.intermediate.dense", (inner, hidden), inner)
            shapes |= _both(f"{layer}.output.dense", (hidden, inner), hidden)
            shapes |= _both(f"{layer}.output.LayerNorm", (hidden,), hidden)
        return shapes


def _both(name: str, weight: tuple[int, ...], bias: int) -> dict[str, tuple[int, ...]]:
    return {f"{name}.weight": weight, f"{name}.bias": (bias,)}


class Bert:
    """A model's numbers, ready to be applied; safe to use from several threads."""

    def __init__(self, config: BertConfig, tensors: dict[str, Vector]) -> None:
        self._config = config
        self._of = tensors
        for number in range(config.num_hidden_layers):
            self._join(f"encoder.layer.{number}.attention.self")

    def _join(self, name: str) -> None:
        """Make one matrix of three, so that query, key and value cost one product."""
        import numpy as np

        for kind in ("weight", "bias"):
            parts = [self._of.pop(f"{name}.{part}.{kind}") for part in ("query", "key", "value")]
            self._of[f"{name}.{kind}"] = np.concatenate(parts)

    def mean_vectors(self, ids: "NDArray[np.int64]", lengths: "NDArray[np.int64]") -> Vector:
        """Return for each row of token ids, padded to the longest, the mean of its last states, of length one."""
        import numpy as np

        is_padding = np.arange(ids.shape[1]) >= lengths[:, None]
        states = self._embedded(ids)
        for number in range(self._config.num_hidden_layers):
            states = self._layer(f"encoder.layer.{number}", states, is_padding)
        states[is_padding] = 0.0
        means = states.sum(axis=1) / lengths[:, None]
        norms = np.maximum(np.linalg.norm(means, axis=1, keepdims=True), 1e-12)
        vectors: Vector = (means / norms).astype(np.float32)
        return vectors

    def _embedded(self, ids: "NDArray[np.int64]") -> Vector:
        positions = self._of["embeddings.position_embeddings.weight"][: ids.shape[1]]
        states = self._of["embeddings.word_embeddings.weight"][ids]
        states += positions + self._of["embeddings.token_type_embeddings.weight"][0]
        return self._normal("embeddings.LayerNorm", states)

    def _layer(self, name: str, states: Vector, is_padding: "NDArray[np.bool_]") -> Vector:
        attended = self._dense(f"{name}.attention.output.dense", self._attention(name, states, is_padding))
        attended += states
        states = self._normal(f"{name}.attention.output.LayerNorm", attended)
        bent = self._dense(f"{name}.intermediate.dense", states)
        gelu(bent)
        result = self._dense(f"{name}.output.dense", bent)
        result += states
        return self._normal(f"{name}.output.LayerNorm", result)

    def _attention(self, name: str, states: Vector, is_padding: "NDArray[np.bool_]") -> Vector:
        import numpy as np

        rows, length, hidden = states.shape
        heads = self._config.num_attention_heads
        joined = self._dense(f"{name}.attention.self", states).reshape(rows, length, 3, heads, hidden // heads)
        query, key, value = joined.transpose(2, 0, 3, 1, 4)
        query *= (hidden // heads) ** -0.5
        scores = query @ key.swapaxes(2, 3)
        if is_padding.any():
            scores += np.where(is_padding, np.float32(NEVER), np.float32(0))[:, None, None, :]
        scores -= scores.max(axis=-1, keepdims=True)
        np.exp(scores, out=scores)
        context = scores @ value
        context /= scores.sum(axis=-1, keepdims=True)
        side_by_side: Vector = context.transpose(0, 2, 1, 3).reshape(rows, length, hidden)
        return side_by_side

    def _dense(self, name: str, states: Vector) -> Vector:
        flat = states.reshape(-1, states.shape[-1]) @ self._of[f"{name}.weight"].T
        flat += self._of[f"{name}.bias"]
        return flat.reshape(*states.shape[:-1], -1)

    def _normal(self, name: str, states: Vector) -> Vector:
        import numpy as np

        states -= states.mean(axis=-1, keepdims=True)
        squares = np.einsum("...i,...i->...", states, states)[..., None] / states.shape[-1]
        states /= np.sqrt(squares + self._config.layer_norm_eps)
        states *= self._of[f"{name}.weight"]
        states += self._of[f"{name}.bias"]
        return states


def gelu(values: Vector) -> None:
    """Bend values in place by x·Φ(x), with an error below 1e-6.

    NumPy has no erf: this is formula 7.1.26 of Abramowitz and Stegun, block by block so that it stays in the cache.
    """
    flat = values.reshape(-1)
    for start in range(0, flat.size, GELU_BLOCK):
        _gelu_block(flat[start : start + GELU_BLOCK])


def _gelu_block(values: Vector) -> None:
    import numpy as np

    distance = np.abs(values) * np.float32(0.5**0.5)
    inverse = 1 / (1 + np.float32(0.3275911) * distance)
    tail = np.full_like(inverse, 1.061405429)
    for coefficient in (-1.453152027, 1.421413741, -0.284496736, 0.254829592):
        tail *= inverse
        tail += np.float32(coefficient)
    tail *= inverse
    distance *= distance
    np.negative(distance, out=distance)
    tail *= np.exp(distance, out=distance)
    tail *= np.float32(0.5) * np.abs(values)  # |x| times what is left of the bell beyond |x|
    np.maximum(values, 0, out=values)
    values -= tail
