"""A model of the published form, small and made of random numbers."""

import json
from collections.abc import Mapping
from pathlib import Path
from string import ascii_lowercase, digits

import numpy as np
from numpy.typing import NDArray
from tokenizers import Tokenizer
from tokenizers.models import WordPiece
from tokenizers.normalizers import BertNormalizer
from tokenizers.pre_tokenizers import BertPreTokenizer
from tokenizers.processors import TemplateProcessing

from memory.bert import BertConfig

MARKS = ("[PAD]", "[UNK]", "[CLS]", "[SEP]")
WORDS = (*MARKS, *ascii_lowercase, *digits, *(f"##{letter}" for letter in ascii_lowercase), "roman", "numeral", "##s")
VOCABULARY = {word: number for number, word in enumerate(dict.fromkeys(WORDS))}
CONFIG = {
    "model_type": "bert",
    "hidden_act": "gelu",
    "vocab_size": len(VOCABULARY),
    "hidden_size": 32,
    "intermediate_size": 64,
    "num_hidden_layers": 2,
    "num_attention_heads": 4,
    "max_position_embeddings": 40,
    "type_vocab_size": 2,
    "layer_norm_eps": 1e-12,
}


def write_tiny_minilm(folder: Path, *, seed: int = 1, numbers: str = "<f4") -> Path:
    """Write the three files and return their folder."""
    folder.mkdir(parents=True, exist_ok=True)
    (folder / "config.json").write_text(json.dumps(CONFIG))
    _tokenizer().save(str(folder / "tokenizer.json"))
    random = np.random.default_rng(seed)
    shapes = BertConfig.read(folder / "config.json").tensors()
    write_safetensors(
        folder / "model.safetensors",
        {name: random.normal(0.5 if "LayerNorm.weight" in name else 0, 0.3, shape) for name, shape in shapes.items()},
        numbers,
    )
    return folder


def write_safetensors(path: Path, tensors: Mapping[str, NDArray[np.float64]], numbers: str = "<f4") -> None:
    header: dict[str, object] = {"__metadata__": {"format": "pt"}}
    content = b""
    for name, tensor in tensors.items():
        data = tensor.astype(numbers).tobytes()
        kind = "F32" if numbers == "<f4" else "F16"
        header[name] = {"dtype": kind, "shape": tensor.shape, "data_offsets": [len(content), len(content) + len(data)]}
        content += data
    text = json.dumps(header).encode()
    path.write_bytes(len(text).to_bytes(8, "little") + text + content)


def _tokenizer() -> Tokenizer:
    tokenizer = Tokenizer(WordPiece(VOCABULARY, unk_token="[UNK]"))
    tokenizer.normalizer = BertNormalizer(lowercase=True)
    tokenizer.pre_tokenizer = BertPreTokenizer()
    tokenizer.post_processor = TemplateProcessing(
        single="[CLS] $A [SEP]", special_tokens=[(mark, VOCABULARY[mark]) for mark in ("[CLS]", "[SEP]")]
    )
    tokenizer.enable_truncation(8)  # as published: the file's own limits are not the model's
    tokenizer.enable_padding(length=8)
    return tokenizer
