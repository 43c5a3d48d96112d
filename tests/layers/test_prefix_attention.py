import numpy as np
import pytest
import torch

from makemore.contexts.table import Contexts
from makemore.corpus.lines import Lines
from makemore.corpus.vocabulary import Vocabulary
from makemore.layers.prefix_attention import (
    KeyValueCache,
    PrefixLayout,
    cached_attention,
    causal_attention,
)

CPU = torch.device("cpu")
WORDS = ["ann", "anna", "anna", "ben", "bennobenno", "b"]


def tree_of(lines):
    return Contexts.of(lines, Vocabulary.of(lines), None)


def layout_of(lines):
    return PrefixLayout.of(tree_of(lines), CPU)


def drawn_vectors(count, heads=2, size=4):
    rng = torch.Generator().manual_seed(0)
    return [torch.randn(count, heads, size, generator=rng) for _ in range(3)]


def path_to(c, row):
    """Return the contexts from the root to a context, by following parents."""
    path = [row]
    while c.parent[path[-1]] != path[-1] and path[-1] >= c.depth_starts[1]:
        path.append(int(c.parent[path[-1]]))
    return path[::-1]


def attended(q, k, v, row, path):
    """Vaswani et al. (2017), equation 1, for one query, head by head."""
    found = []
    for head in range(q.shape[1]):
        score = torch.stack([q[row, head] @ k[u, head] for u in path]) / q.shape[2] ** 0.5
        share = score.softmax(0)
        found.append(sum(a * v[u, head] for a, u in zip(share, path, strict=True)))
    return torch.cat(found)


def test_a_line_that_is_a_prefix_of_another_is_not_laid_out():
    lines = Lines.from_strings(["ann", "anna", "anna", "ben"])
    layout = layout_of(lines)
    assert layout.blocks == [(1, 4), (1, 6)]


def test_the_layout_has_little_padding_and_few_blocks():
    lines = Lines.from_strings([chr(97 + n % 26) * n for n in range(1, 1000)])
    layout = layout_of(lines)
    assert len(layout.blocks) < 40
    real = sum(
        n + 1 for n in range(974, 1000)
    )  # the longest line of each letter has the others as prefixes
    assert real <= len(layout.row) <= real * 1.25


def test_the_depth_is_the_number_of_preceding_characters():
    c = tree_of(Lines.from_strings(WORDS))
    depth = PrefixLayout.of(c, CPU).depth
    assert depth.tolist() == [len(path_to(c, row)) - 1 for row in range(len(c))]


def test_every_context_attends_to_its_own_prefixes():
    c = tree_of(Lines.from_strings(WORDS))
    q, k, v = drawn_vectors(len(c))
    found = causal_attention(q, k, v, PrefixLayout.of(c, CPU))
    expected = torch.stack([attended(q, k, v, row, path_to(c, row)) for row in range(len(c))])
    torch.testing.assert_close(found, expected, atol=1e-5, rtol=1e-5)


def test_cached_attention_covers_the_characters_read_so_far():
    c = tree_of(Lines.from_strings(WORDS))
    q, k, v = drawn_vectors(len(c))
    paths = [path_to(c, row) for row in range(len(c))]
    paths = [path for path in paths if len(path) == 4]
    cache = KeyValueCache.empty(len(paths))
    for t in range(4):
        own = torch.tensor([path[t] for path in paths])
        cache = cache.extend()
        cache.keys_values[t].append((k[own], v[own]))
        found = cached_attention(q[own], cache.of_layer(0), cache.rows_on(CPU))
        expected = [attended(q, k, v, path[t], path[: t + 1]) for path in paths]
        torch.testing.assert_close(found, torch.stack(expected), atol=1e-5, rtol=1e-5)


def test_selecting_from_a_cache_does_not_change_it():
    k, v = torch.arange(2.0).view(2, 1, 1), torch.tensor([10.0, 20.0]).view(2, 1, 1)
    cache = KeyValueCache.empty(2).extend()
    cache.keys_values[0].append((k, v))
    repeated = cache[np.array([1, 1, 0])]
    found = cached_attention(torch.ones(3, 1, 1), repeated.of_layer(0), repeated.rows_on(CPU))
    assert found.ravel().tolist() == [20.0, 20.0, 10.0]
    longer = repeated.extend()
    assert longer.rows.tolist() == [[1, 0], [1, 1], [0, 2]]
    assert (len(repeated.keys_values), len(cache.keys_values)) == (1, 1)


def test_windows_are_rejected_by_the_prefix_layout():
    lines = Lines.from_strings(WORDS)
    with pytest.raises(AssertionError, match="whole prefixes"):
        PrefixLayout.of(Contexts.of(lines, Vocabulary.of(lines), 2), CPU)
