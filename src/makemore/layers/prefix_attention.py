"""Causal attention over a tree of prefixes, for all prefixes at once or step by step.

    attention(q, k, v)_t = sum over u <= t of softmax_u(q_t . k_u / sqrt(D)) v_u

Queries, keys and values are computed once for each distinct prefix. For training, `PrefixLayout`
arranges prefixes as lines, and `causal_attention` runs over those lines. For sampling,
`KeyValueCache` keeps the keys and values of the prefixes read so far for `cached_attention`.

Source: Vaswani et al. (2017), arXiv 1706.03762, equation 1.
"""

from typing import NamedTuple, Self

import numpy as np
import torch
from numpy.typing import NDArray
from torch import Tensor
from torch.nn.functional import scaled_dot_product_attention

from makemore.contexts.table import Contexts
from makemore.layers.network import to_device


class PrefixLayout(NamedTuple):
    """Prefixes arranged as lines, in blocks of lines of similar length.

    The layout holds only lines that are not a prefix of another line. A line shorter than its block
    is padded with its last context. Causal attention at earlier positions does not attend to the
    padding, and the results at the padding are not used.

    Attributes:
        row: (P,) int64, the context at each position, block by block, line by line.
        blocks: (lines, T) of each block; P is the sum of lines * T.
        position: (N,) int64, a position of each context among the P.
        depth: (N,) int64, number of characters in each context.
    """

    row: Tensor
    blocks: list[tuple[int, int]]
    position: Tensor
    depth: Tensor

    @classmethod
    def of(cls, c: Contexts, device: torch.device) -> Self:
        """Compute the layout of a tree of prefixes, with its tensors on a device."""
        assert c.parent is not None, "whole prefixes are needed"
        depth = np.repeat(np.arange(len(c.depth_starts) - 1), np.diff(c.depth_starts))
        is_parent = np.zeros(len(c), bool)
        is_parent[c.parent[c.depth_starts[1] :]] = True
        leaves = np.flatnonzero(~is_parent)  # in order of depth
        block_width = _block_widths(depth[leaves] + 1)
        starts = np.flatnonzero(np.diff(block_width, prepend=0))  # of the blocks
        rows, blocks = [], []
        for block_leaves, length in zip(
            np.split(leaves, starts[1:]), block_width[starts].tolist(), strict=True
        ):
            rows.append(_paths(block_leaves, length, c.parent, depth).ravel())
            blocks.append((len(block_leaves), length))
        row = np.concatenate(rows)
        position = np.empty(len(c), np.int64)
        position[row[::-1]] = np.arange(len(row))[::-1]  # the first position of each context
        return cls(
            to_device(row, device), blocks, to_device(position, device), to_device(depth, device)
        )


def _paths(
    leaves: NDArray[np.int64], length: int, parent: NDArray[np.int32], depth: NDArray[np.int64]
) -> NDArray[np.int64]:
    """Return (lines, length) contexts from the root to each leaf, padded with the leaf."""
    row, lines = leaves, np.empty((len(leaves), length), np.int64)
    for t in range(length - 1, -1, -1):
        lines[:, t] = row
        row = np.where(depth[row] >= t, parent[row], row)
    return lines


def _block_widths(length: NDArray[np.int64]) -> NDArray[np.int64]:
    """Round lengths up, by at most a quarter or to an even number, so that there are few blocks."""
    step = 2 ** np.maximum(np.frexp(length.astype(float))[1].astype(np.int64) - 3, 1)
    width: NDArray[np.int64] = (length + step - 1) // step * step
    return width


def causal_attention(q: Tensor, k: Tensor, v: Tensor, layout: PrefixLayout) -> Tensor:
    """Compute the attention of each prefix over its own prefixes, including itself.

    Args:
        q: (N, heads, D) queries, one row per context.
        k: (N, heads, D) keys.
        v: (N, heads, D) values.
        layout: the layout of the contexts.

    Returns:
        (N, heads D).
    """
    projections = torch.stack([q, k, v], dim=2).index_select(0, layout.row)  # (P, heads, 3, D)
    blocks = torch.split(projections, [lines * T for lines, T in layout.blocks])
    outputs = [
        _attention_in_block(block.view(*size, *block.shape[1:]))
        for block, size in zip(blocks, layout.blocks, strict=True)
    ]
    return torch.cat(outputs).index_select(0, layout.position)


def _attention_in_block(lines: Tensor) -> Tensor:
    """Compute the attention at each position, (lines T, heads D), from (lines, T, heads, 3, D)."""
    q, k, v = lines.transpose(1, 2).unbind(3)
    output = scaled_dot_product_attention(q, k, v, is_causal=True)  # (lines, heads, T, D)
    return output.transpose(1, 2).flatten(2).flatten(0, 1)


class KeyValueCache:
    """The state of n lines in sampling: keys and values of the prefixes they have read.

    Attributes:
        keys_values: for each position and each layer, the keys and the values of the m distinct
            prefixes that end there, (m, heads, D) each.
        rows: (n, T) int64, the row of each line's prefix in `keys_values`, for each position.
    """

    def __init__(
        self, keys_values: list[list[tuple[Tensor, Tensor]]], rows: NDArray[np.int64]
    ) -> None:
        """Create a cache; see the attributes for the arguments."""
        self.keys_values, self.rows = keys_values, rows

    @classmethod
    def empty(cls, n: int) -> Self:
        """Return the cache of n lines before any id is read."""
        return cls([], np.zeros((n, 0), np.int64))

    def __getitem__(self, rows: NDArray[np.int64]) -> "KeyValueCache":
        """Select or repeat lines; keys and values are shared, not copied."""
        return KeyValueCache(self.keys_values, self.rows[rows])

    def extend(self) -> "KeyValueCache":
        """Return a cache with one more position, where each line has its own row.

        The caller appends the keys and values of the new position, layer by layer.
        """
        last = np.arange(len(self.rows))
        return KeyValueCache([*self.keys_values, []], np.column_stack([self.rows, last]))

    def rows_on(self, device: torch.device) -> list[Tensor]:
        """Return the rows of each position on a device: T tensors of (n,) int64."""
        return [to_device(np.ascontiguousarray(rows), device) for rows in self.rows.T]

    def of_layer(self, layer: int) -> list[tuple[Tensor, Tensor]]:
        """Return the keys and the values of one layer for each position."""
        return [layers[layer] for layers in self.keys_values]


def cached_attention(
    q: Tensor, keys_values: list[tuple[Tensor, Tensor]], rows: list[Tensor]
) -> Tensor:
    """Compute the attention of lines, at their last position, over all positions read.

    Args:
        q: (n, heads, D) queries at the last position.
        keys_values: for each position (m, heads, D) keys and values.
        rows: for each position (n,) int64, each line's row in the keys and values.

    Returns:
        (n, heads D).
    """
    pairs = list(zip(keys_values, rows, strict=True))
    scores = [(q * k.index_select(0, row)).sum(2) for (k, _), row in pairs]
    weights = (torch.stack(scores) / q.shape[2] ** 0.5).softmax(0)[..., None]  # (T, n, heads, 1)
    output = torch.zeros_like(q)
    for ((_, v), row), weight in zip(pairs, weights, strict=True):
        output = torch.addcmul(output, v.index_select(0, row), weight)
    return output.flatten(1)
