"""A decoder of the Transformer, as GPT-2 has it, over whole prefixes.

    x = C(c)
    x = x + W_o attention(norm(x) W_q, norm(x) W_k, norm(x) W_v)        for each of L layers
    x = x + gelu(norm(x) W_1 + b_1) W_2 + b_2
    logits = norm(x) V

    attention: softmax over the positions up to one's own of q . k / sqrt(D / heads), times v

Positions are rotations of q and k by the number of characters read, so any length can be scored.
Every projection is taken once per distinct prefix; prefixes are laid out as lines for the attention
alone, each line that is no prefix of another once.

Source: Vaswani et al. (2017), arXiv 1706.03762, section 3.2; Radford et al. (2019), "Language
models are unsupervised multitask learners", section 2.3, for where norms stand; Su et al. (2021),
arXiv 2104.09864, section 3.2.2, for the rotations. Differs from GPT-2: no biases around the
attention and no dropout within it, gelu exact, the embedding not tied to the last layer.
"""

from typing import NamedTuple, Self

import numpy as np
import torch
from numpy.typing import NDArray
from torch import Tensor, nn
from torch.nn.functional import scaled_dot_product_attention

from makemore.arrays import Float32s
from makemore.contexts.table import Contexts
from makemore.layers.network import PrefixNetwork, look_up, sent
from makemore.layers.vocabulary_axes import EMBEDDING, LOGIT_WEIGHTS
from makemore.options.families import TransformerOptions


class Layout(NamedTuple):
    """Prefixes laid out as lines, in blocks of lines of about one length.

    Attributes:
        row: (P,) int64, the context at each place, block after block, line after line.
        blocks: the lines of each block and their places.
        place: (N,) int64, where each context stands.
        depth: (N,) int64, characters read in each context.
    """

    row: NDArray[np.int64]
    blocks: list[tuple[int, int]]
    place: NDArray[np.int64]
    depth: NDArray[np.int64]


def lay_out(c: Contexts) -> Layout:
    """Finds the longest prefixes of a tree, and the lines they make.

    A line's places beyond its end repeat its last context: what is attended there is not used.
    """
    assert c.parent is not None, "whole prefixes are asked for"
    depth = np.repeat(np.arange(len(c.depth_starts) - 1), np.diff(c.depth_starts))
    is_parent = np.zeros(len(c), bool)
    is_parent[c.parent[c.depth_starts[1] :]] = True
    leaves = np.flatnonzero(~is_parent)  # in the order of their depths
    width = _width(depth[leaves] + 1)
    rows, blocks = [], []
    for part in np.split(np.arange(len(leaves)), np.flatnonzero(np.diff(width)) + 1):
        at, T = leaves[part], int(width[part[0]])
        lines = np.empty((len(at), T), np.int64)
        for t in range(T - 1, -1, -1):
            lines[:, t] = at
            at = np.where(depth[at] >= t, c.parent[at], at)
        rows.append(lines.ravel())
        blocks.append((len(lines), T))
    row = np.concatenate(rows)
    place = np.empty(len(c), np.int64)
    place[row[::-1]] = np.arange(len(row))[::-1]  # the first place of each, which is its own
    return Layout(row, blocks, place, depth)


def _width(length: NDArray[np.int64]) -> NDArray[np.int64]:
    """Lengths rounded up by at most a quarter, or to an even number: few blocks hold all lines."""
    step = 2 ** np.maximum(np.frexp(length.astype(float))[1].astype(np.int64) - 3, 1)
    width: NDArray[np.int64] = (length + step - 1) // step * step
    return width


class Cache:
    """What some lines have read, each distinct prefix of them once: the state of a line.

    Attributes:
        read: for each character read, for each layer, the keys and the values of the prefixes that
            end there, (m, heads, D / heads) each.
        above: (n, T) int64, which of those each line has come by; T characters are read.
    """

    def __init__(self, read: list[list[tuple[Tensor, Tensor]]], above: NDArray[np.int64]) -> None:
        """Takes both."""
        self.read, self.above = read, above

    def __getitem__(self, rows: NDArray[np.int64]) -> "Cache":
        """Selects or repeats lines."""
        return Cache(self.read, self.above[rows])


class Layer(nn.Module):
    """Attention and a perceptron, each added to what came in: 12 D D + 9 D parameters."""

    def __init__(self, D: int) -> None:
        """Makes a layer whose weights are not drawn yet."""
        super().__init__()
        self.first, self.second = nn.LayerNorm(D), nn.LayerNorm(D)
        self.W_qkv = nn.Parameter(torch.empty(D, 3 * D))
        self.W_o = nn.Parameter(torch.empty(D, D))
        self.W_1, self.b_1 = nn.Parameter(torch.empty(D, 4 * D)), nn.Parameter(torch.empty(4 * D))
        self.W_2, self.b_2 = nn.Parameter(torch.empty(4 * D, D)), nn.Parameter(torch.empty(D))
        self.inside = nn.GELU()

    def matrices(self) -> list[nn.Parameter]:
        """The four of the layer."""
        return [self.W_qkv, self.W_o, self.W_1, self.W_2]

    def initialise(self, rng: torch.Generator, layers: int) -> None:
        """Draws weights so that the sum over all layers keeps its size."""
        D = self.W_o.shape[0]
        for M in (self.W_qkv, self.W_1):
            nn.init.normal_(M, std=D**-0.5, generator=rng)
        nn.init.normal_(self.W_o, std=(2 * layers * D) ** -0.5, generator=rng)
        nn.init.normal_(self.W_2, std=(2 * layers * 4 * D) ** -0.5, generator=rng)
        nn.init.zeros_(self.b_1)
        nn.init.zeros_(self.b_2)

    def perceptron(self, x: Tensor) -> Tensor:
        """(n, D) what is added after the attention."""
        h = torch.addmm(self.b_1, self.second(x), self.W_1)
        return torch.addmm(self.b_2, self.inside(h), self.W_2)


class Transformer(PrefixNetwork):
    """(V + labels) D + L (12 D D + 9 D) + 2 D + D V parameters.

    Example:
        >>> model = Transformer(TransformerOptions(layers=4, embedding=64, heads=4), 27, 0)
        >>> sum(p.numel() for p in model.parameters())
        202496
    """

    layers: list[Layer]

    def __init__(self, options: TransformerOptions, vocabulary_size: int, label_count: int) -> None:
        """Makes a network whose weights are not drawn yet."""
        super().__init__()
        D = options.embedding
        self.heads, self.dropout = options.heads, options.dropout
        self.vocabulary_size, self.label_count = vocabulary_size, label_count
        self.C = nn.Parameter(torch.empty(vocabulary_size + label_count, D))
        self.layers = nn.ModuleList(  # type: ignore[assignment]
            Layer(D) for _ in range(options.layers)
        )
        self.norm = nn.LayerNorm(D)
        self.V = nn.Parameter(torch.empty(D, vocabulary_size))
        self.vocabulary_axes = {"C": EMBEDDING, "V": LOGIT_WEIGHTS}

    def initialise(self, rng: torch.Generator) -> Self:
        """Draws weights; the logits start near zero."""
        nn.init.normal_(self.C, generator=rng)
        for layer in self.layers:
            layer.initialise(rng, len(self.layers))
        nn.init.normal_(self.V, std=0.01, generator=rng)
        return self

    def hidden_matrices(self) -> list[nn.Parameter]:
        """Those of every layer."""
        return [M for layer in self.layers for M in layer.matrices()]

    def forward(self, c: Contexts) -> Tensor:
        """(N, V) logits."""
        layout = lay_out(c)
        row, place = sent(layout.row, self.device), sent(layout.place, self.device)
        turn = self.rotation(layout.depth)
        x = self.drop(look_up(self.C, c.last))  # (N, D)
        for layer in self.layers:
            q, k, v = self.project(layer, x, turn)
            laid = torch.stack([q, k, v], dim=2).index_select(0, row)  # (P, heads, 3, D / heads)
            seen = [attend(lines) for lines in blocks_of(laid, layout.blocks)]
            x = x + self.drop(torch.cat(seen).index_select(0, place) @ layer.W_o)
            x = x + self.drop(layer.perceptron(x))
        logits: Tensor = self.norm(x) @ self.V
        return logits

    def project(self, layer: Layer, x: Tensor, turn: Tensor) -> tuple[Tensor, Tensor, Tensor]:
        """The turned queries, the turned keys and the values: (n, heads, D / heads) each."""
        q, k, v = (layer.first(x) @ layer.W_qkv).view(len(x), 3, self.heads, -1).unbind(1)
        return turned(q, turn), turned(k, turn), v

    def rotation(self, depth: NDArray[np.int64]) -> Tensor:
        """(n, 1, D / heads / 2) complex numbers of size one that turn by the depth."""
        half = self.C.shape[1] // self.heads // 2
        speed = 10_000.0 ** -(torch.arange(half, device=self.device) / half)
        angle = sent(depth, self.device)[:, None, None] * speed
        return torch.polar(torch.ones_like(angle), angle)

    def before(self, n: int) -> Cache:
        """Nothing is read."""
        return Cache([], np.zeros((n, 0), np.int64))

    def step(self, ids: NDArray[np.int32], state: Cache) -> tuple[Float32s, Cache]:
        """See `Model.step`; what was read before is looked up, not computed again."""
        n, T = state.above.shape
        after = Cache([*state.read, []], np.column_stack([state.above, np.arange(n)]))
        places = [sent(np.ascontiguousarray(place), self.device) for place in after.above.T]
        with torch.inference_mode():
            x = look_up(self.C, ids)
            turn = self.rotation(np.full(n, T))
            for number, layer in enumerate(self.layers):
                q, k, v = self.project(layer, x, turn)
                after.read[T].append((k, v))
                x = x + glance(q, [read[number] for read in after.read], places) @ layer.W_o
                x = x + layer.perceptron(x)
            log_probs: Float32s = (self.norm(x) @ self.V).log_softmax(dim=1).cpu().numpy()
        return log_probs, after


def glance(q: Tensor, read: list[tuple[Tensor, Tensor]], places: list[Tensor]) -> Tensor:
    """(n, D) what (n, heads, D / heads) queries attend to, character by character."""
    pairs = zip(read, places, strict=True)
    score = [(q * k.index_select(0, place)).sum(2) for (k, _), place in pairs]
    share = (torch.stack(score) / q.shape[2] ** 0.5).softmax(0)[..., None]  # (T, n, heads, 1)
    seen = torch.zeros_like(q)
    for (_, v), place, part in zip(read, places, share, strict=True):
        seen = torch.addcmul(seen, v.index_select(0, place), part)
    return seen.flatten(1)


def turned(x: Tensor, turn: Tensor) -> Tensor:
    """(n, heads, D) numbers, in pairs, turned in the plane of each pair."""
    pairs = torch.view_as_complex(x.view(*x.shape[:2], -1, 2))
    return torch.view_as_real(pairs * turn).flatten(2)


def blocks_of(laid: Tensor, blocks: list[tuple[int, int]]) -> list[Tensor]:
    """The places of each block as (lines, T, ...)."""
    parts = torch.split(laid, [lines * T for lines, T in blocks])
    return [part.view(*block, *laid.shape[1:]) for part, block in zip(parts, blocks, strict=True)]


def attend(lines: Tensor) -> Tensor:
    """(lines T, D) what each place attends to, from (lines, T, heads, 3, D / heads)."""
    q, k, v = lines.transpose(1, 2).unbind(3)
    seen = scaled_dot_product_attention(q, k, v, is_causal=True)  # (lines, heads, T, D / heads)
    return seen.transpose(1, 2).flatten(2).flatten(0, 1)
