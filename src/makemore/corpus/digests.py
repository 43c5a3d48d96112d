"""Digests, the same on every machine: 64 bits stand for a line, 256 for an array."""

import json
from collections.abc import Iterable
from hashlib import blake2b, sha256

import numpy as np
from numpy.typing import NDArray

from makemore.arrays import AnyArray


def digests(encoded: Iterable[bytes]) -> NDArray[np.uint64]:
    """Takes the BLAKE2b-64 digest of each line.

    Source: Saarinen and Aumasson (2015), RFC 7693.

    Args:
        encoded: lines as NFC UTF-8 bytes.

    Returns:
        (B,) uint64, read big-endian. Two different lines agree with probability 2^-64.

    Example:
        >>> digests([b"anna", b"anna"]).tolist() == digests([b"anna"]).tolist() * 2
        True
    """
    joined = b"".join([blake2b(line, digest_size=8).digest() for line in encoded])
    return np.frombuffer(joined, ">u8").astype(np.uint64)


def distinct(digests: NDArray[np.uint64]) -> NDArray[np.uint64]:
    """(d,) uint64: (B,) uint64 digests in ascending order, each once."""
    ordered = np.sort(digests, kind="stable")  # which is quick where parts are in order already
    is_first = np.ones(len(ordered), bool)
    np.not_equal(ordered[1:], ordered[:-1], out=is_first[1:])
    return ordered[is_first]


def tensor_digest(name: str, value: AnyArray) -> str:
    """The sha256 of an array's name, dtype, shape and bytes, in hexadecimal."""
    head = json.dumps([name, value.dtype.str, list(value.shape)])
    return sha256(head.encode() + np.ascontiguousarray(value).tobytes()).hexdigest()
