"""Tensors in a file of the safetensors format: eight bytes of length, a JSON header, then nothing but numbers."""

import hashlib
import json
from dataclasses import dataclass
from io import BytesIO
from math import prod
from pathlib import Path
from typing import Any, BinaryIO

from memory.embeddings import UnusableEmbedder
from memory.vectors import Vector

MAX_HEADER_BYTES = 4 << 20
_NUMBERS = {"F32": ("<f4", 4), "F16": ("<f2", 2)}


@dataclass(frozen=True)
class Tensor:
    """Where a tensor lies, counted from the file's beginning."""

    dtype: str
    shape: tuple[int, ...]
    start: int


def sha256_of(path: Path) -> str:
    """Return a file's hash in hexadecimal."""
    with path.open("rb") as file:
        return hashlib.file_digest(file, "sha256").hexdigest()


def check_tensors(path: Path, wanted: dict[str, tuple[int, ...]]) -> None:
    """Read the header alone, without NumPy, and compare it with what a model needs.

    :raises UnusableEmbedder: it is no such file, it is cut off, or a tensor is missing or has another shape.
    """
    with path.open("rb") as file:
        found = _header(file, path.stat().st_size, path.name)
    for name, shape in wanted.items():
        if name not in found:
            raise UnusableEmbedder(f"{path.name} has no {name}: it is another kind of model")
        if found[name].shape != shape:
            raise UnusableEmbedder(f"{path.name} does not fit config.json: {name} is {found[name].shape}, not {shape}")


def read_tensors(path: Path, names: list[str], *, sha256: str) -> dict[str, Vector] | None:
    """Read tensors as float32; None when the file has another hash by now.

    They are read, not mapped: a file replaced under a running server would end the process.
    """
    import numpy as np

    content = path.read_bytes()
    if hashlib.sha256(content).hexdigest() != sha256:
        return None
    found = _header(BytesIO(content), len(content), path.name)
    return {
        name: np.frombuffer(content, _NUMBERS[tensor.dtype][0], prod(tensor.shape), tensor.start)
        .reshape(tensor.shape)
        .astype(np.float32)
        for name, tensor in ((name, found[name]) for name in names)
    }


def _header(file: BinaryIO, size: int, name: str) -> dict[str, Tensor]:
    length = int.from_bytes(file.read(8), "little")
    if length > min(MAX_HEADER_BYTES, size - 8):
        raise UnusableEmbedder(f"{name} is no safetensors file, or it is cut off: fetch it again")
    try:
        header = json.loads(file.read(length))
        return {key: _tensor(entry, 8 + length, size) for key, entry in header.items() if _is_number_tensor(entry)}
    except (ValueError, KeyError, TypeError, AttributeError, RecursionError):
        raise UnusableEmbedder(f"{name} is no safetensors file, or it is cut off: fetch it again") from None


def _is_number_tensor(entry: dict[str, Any]) -> bool:
    return entry.get("dtype") in _NUMBERS


def _tensor(entry: dict[str, Any], begin: int, size: int) -> Tensor:
    shape = tuple(int(length) for length in entry["shape"])
    start, end = (begin + int(offset) for offset in entry["data_offsets"])
    is_whole = min(shape, default=1) >= 0 and end - start == prod(shape) * _NUMBERS[entry["dtype"]][1]
    if not (begin <= start <= end <= size and is_whole):
        raise ValueError(entry)
    return Tensor(entry["dtype"], shape, start)
