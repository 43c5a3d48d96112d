"""Model file: a safetensors file whose header and tensors are verified by sha256 digests.

The metadata holds one entry: a JSON document with its sha256. Besides the description of the model,
the document holds a sha256 of each tensor's name, dtype, shape and bytes. The header must be
byte-identical to what a safetensors writer produces. A file with any byte changed is therefore
rejected. Each tensor is read and verified only when it is used.
"""

import json
import math
import os
import struct
import sys
from dataclasses import dataclass
from hashlib import sha256
from pathlib import Path
from typing import Any

import numpy as np
from safetensors import SafetensorError, safe_open
from safetensors.numpy import save

from makemore.arrays import AnyArray
from makemore.errors import CheckpointError
from makemore.files import write_atomically
from makemore.inference.model import Tensors

FORMAT = 2
_KEY = "makemore"
_MAX_HEADER = 100_000_000  # bytes; the limit of safetensors
_MIN_MAPPED = 2**24  # bytes from which a tensor is mapped; smaller files may change while in use
_TYPES = {"U8": "u1", "U16": "<u2", "U32": "<u4", "I32": "<i4", "I64": "<i8"}
_TYPES |= {"F32": "<f4", "F64": "<f8"}

Document = dict[str, Any]  # a JSON object that is not yet validated


def write_model_file(
    path: str | Path, document: Document, tensors: Tensors, follow_link: bool = True
) -> None:
    """Write a model file atomically; see `write_atomically`.

    Args:
        path: path of the file.
        document: JSON object; the keys `format` and `tensors` are added.
        tensors: arrays by name.
        follow_link: see `write_atomically`.

    Raises:
        CheckpointError: the file cannot be written.
    """
    packed = {name: np.asarray(value, order="C") for name, value in sorted(tensors.items())}
    complete = {
        "format": FORMAT,
        **document,
        "tensors": {name: tensor_digest(name, value) for name, value in packed.items()},
    }
    # ASCII, so the header has the same bytes everywhere.
    text = json.dumps(complete, sort_keys=True)
    # Only one entry: the writer may order several arbitrarily, and equal models must give equal
    # bytes.
    entry = {"sha256": sha256(text.encode()).hexdigest(), "document": text}
    content = save(packed, {_KEY: json.dumps(entry, separators=(",", ":"))})
    write_checkpoint_file(path, content, follow_link)


def write_checkpoint_file(path: str | Path, content: bytes, follow_link: bool = True) -> None:
    """Write a file as `write_atomically` does.

    Raises:
        CheckpointError: the file cannot be written.
    """
    try:
        write_atomically(path, content, follow_link)
    except ValueError:
        raise CheckpointError(f"{str(path)!r} is not a valid file name: give another") from None
    except OSError as error:
        raise CheckpointError(
            f"{path} cannot be written: {(error.strerror or str(error)).lower()}; nothing was "
            "changed. Give a path in a directory that exists and that you may write to"
        ) from None


def tensor_digest(name: str, value: AnyArray) -> str:
    """Return the sha256 of an array's name, dtype, shape and bytes, in hexadecimal."""
    header = json.dumps([name, value.dtype.str, list(value.shape)])
    digest = sha256(header.encode())
    digest.update(np.ascontiguousarray(value).reshape(-1).view(np.uint8).data)
    return digest.hexdigest()


@dataclass(frozen=True)
class ModelFile:
    """Opened model file whose document is verified.

    Attributes:
        path: path of the file.
        document: the JSON document, including `format` and `tensors`.
        types: for each tensor, safetensors' name of its dtype, such as `F32`, and the number of its
            axes.
        places: the shape of each tensor, and the offset of its first byte in the file.
    """

    path: Path
    document: Document
    types: dict[str, tuple[str, int]]
    places: dict[str, tuple[tuple[int, ...], int]]

    def tensor(self, name: str) -> AnyArray:
        """Read and verify one tensor; a large one is mapped, so that its memory can be reclaimed.

        Raises:
            CheckpointError: the tensor is damaged, or the file can no longer be read.
        """
        try:
            value = self._mapped(name)
            if value is None:
                with safe_open(self.path, "numpy") as file:
                    value = file.get_tensor(name)
        except OSError:
            raise CheckpointError(
                f"{self.path} can no longer be read: do not move it while its model is in use"
            ) from None
        except SafetensorError:
            raise _damaged_file_error(self.path) from None
        if tensor_digest(name, value) != self.document["tensors"][name]:
            raise _damaged_file_error(self.path)
        return value

    def _mapped(self, name: str) -> AnyArray | None:
        """Return a tensor of a mapped file, which may be changed in memory; None if it is small."""
        kind, (shape, offset) = _TYPES.get(self.types[name][0]), self.places[name]
        if kind is None or os.name != "posix" or sys.byteorder != "little":
            return None  # elsewhere, a mapped file cannot be replaced
        size = np.dtype(kind).itemsize
        if math.prod(shape) * size < _MIN_MAPPED or offset % size:
            return None
        return np.memmap(self.path, kind, "c", offset, shape).view(np.ndarray)


def read_model_file(path: str | Path) -> ModelFile:
    """Open a model file and verify its header; tensors are verified when they are read.

    Raises:
        CheckpointError: the file is missing, not a makemore model, from a newer version, or
            damaged.
    """
    path = Path(path)
    header, start = _header(path)
    metadata = header.get("__metadata__")
    if not isinstance(metadata, dict) or _KEY not in metadata:
        raise CheckpointError(
            f"{path} is a safetensors file of another program: give a model that makemore wrote"
        )
    try:
        entry = json.loads(metadata[_KEY])
        document = json.loads(entry["document"])
        version = document["format"]
        is_intact = sha256(entry["document"].encode()).hexdigest() == entry["sha256"]
        is_complete = sorted(document["tensors"]) == sorted(header.keys() - {"__metadata__"})
    except (ValueError, KeyError, TypeError, AttributeError, RecursionError):
        raise _damaged_file_error(path) from None
    if not is_intact or not is_complete:
        raise _damaged_file_error(path)
    if not isinstance(version, int) or isinstance(version, bool) or version < 1:
        raise CheckpointError(
            f"{path} has format {version!r}, which no version of makemore writes: give a model "
            "that makemore wrote"
        )
    if version > FORMAT:
        raise CheckpointError(
            f"{path} has format {version}, newer than format {FORMAT} that this version reads: "
            "upgrade with pip install --upgrade makemore"
        )
    entries = {name: header[name] for name in document["tensors"]}
    types = {name: (entry["dtype"], len(entry["shape"])) for name, entry in entries.items()}
    places = {
        name: (tuple(entry["shape"]), start + entry["data_offsets"][0])
        for name, entry in entries.items()
    }
    return ModelFile(path.absolute(), document, types, places)


def _header(path: Path) -> tuple[Document, int]:
    """Return the safetensors header, and the offset of the first byte after it.

    Raises:
        CheckpointError: it is not exactly as a safetensors writer writes.
    """
    try:
        if not (path.is_file() or path.is_dir()) and path.exists():  # a pipe would wait for ever
            raise OSError(0, "it is not a regular file")
        with path.open("rb") as file:
            start = file.read(8)
            length = struct.unpack("<Q", start)[0] if len(start) == 8 else 0
            # The claimed length is checked before memory is taken.
            limit = min(_MAX_HEADER, path.stat().st_size - 8)
            raw = file.read(length) if 2 <= length <= limit else b""
    except FileNotFoundError:
        raise CheckpointError(
            f"{path}: there is no such file; give a model that fit wrote"
        ) from None
    except IsADirectoryError:
        raise CheckpointError(f"{path} is a directory; give a model file in it") from None
    except OSError as error:
        raise CheckpointError(f"{path} cannot be read: {(error.strerror or '').lower()}") from None
    except ValueError:
        raise CheckpointError(f"{str(path)!r} is not a valid file name") from None
    if not raw.startswith(b"{"):
        raise _foreign_file_error(path, start + raw)
    try:
        header = json.loads(raw)
        with safe_open(path, "numpy"):  # checks shapes, offsets and that the file is complete
            pass
    except (ValueError, RecursionError, SafetensorError, OSError):
        raise _damaged_file_error(path) from None
    canonical = json.dumps(header, separators=(",", ":"), ensure_ascii=False).encode()
    if raw != canonical + b" " * (-len(canonical) % 8):
        raise _damaged_file_error(path)
    return dict(header), 8 + len(raw)


def _foreign_file_error(path: Path, start: bytes) -> CheckpointError:
    """Return the error for a file that is not a safetensors file."""
    kind = "not a makemore model"
    if (
        start[:2] in (b"\x80\x02", b"\x80\x03", b"\x80\x04", b"\x80\x05")
        or start[:4] == b"PK\x03\x04"
    ):
        kind = "a pickle or a zip archive, which makemore never reads: it could run any program"
    elif not start:
        kind = "an empty file"
    elif len(start) < 8 or b"\0" not in start:
        kind = "not a makemore model but perhaps a list: fit a model to it with makemore fit"
    return CheckpointError(f"{path} is {kind}; give a model that makemore wrote")


def _damaged_file_error(path: Path) -> CheckpointError:
    """Return the error for a truncated or modified model file."""
    return CheckpointError(
        f"{path} is damaged: it was truncated or changed after it was written; fit it again or "
        "restore it from a copy"
    )
