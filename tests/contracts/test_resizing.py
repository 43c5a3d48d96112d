"""Every network family declares the vocabulary axes of its tensors and is resized along them."""

import attrs
import numpy as np
import pytest
import torch
from small_families import CASES

from makemore.contexts.table import Contexts
from makemore.corpus.lines import Lines
from makemore.corpus.vocabulary import Vocabulary
from makemore.layers.vocabulary_axes import Entries
from makemore.registry import FAMILIES

NETWORKS = [case for case in CASES if FAMILIES[case[0]].fit_method == "training"]
V = 8  # size of the old vocabulary with the boundary; also the width of every layer
LABELS = 4
# New ids of the old characters, new V, and the same for labels, whose ids start from 0 here.
WIDER = {
    "one more character": ([0, 1, 2, 3, 4, 5, 6, 8], 9, [0, 1, 2, 3], 4),
    "twice the characters": ([0, 1, 3, 5, 7, 9, 11, 15], 16, [0, 1, 2, 3], 4),
    "more labels": ([0, 1, 2, 3, 4, 5, 6, 7], 8, [0, 2, 3, 5], 6),
    "as many characters more as labels": ([0, 2, 3, 4, 5, 6, 10, 11], 12, [0, 1, 2, 3], 4),
    "more of both": ([0, 2, 3, 4, 6, 8, 9, 10], 12, [1, 2, 5, 7], 8),
    "nothing new": ([0, 1, 2, 3, 4, 5, 6, 7], 8, [0, 1, 2, 3], 4),
}


def as_wide_as_the_vocabulary(options):
    """Return options with every width equal to V, so that no axis can be inferred from its size."""
    widths = [name for name in ("hidden", "embedding") if hasattr(options, name)]
    return attrs.evolve(options, **dict.fromkeys(widths, V))


@pytest.fixture(params=NETWORKS, ids=lambda case: f"{case[0]}-{getattr(case[1], 'window', '')}")
def family(request):
    name, options = request.param
    options = as_wide_as_the_vocabulary(options)
    return lambda characters, labels: FAMILIES[name].build(options, characters, labels)


def shapes(network):
    return {name: np.array(value.shape) for name, value in network.state_dict().items()}


@pytest.mark.parametrize("labels", [0, LABELS])
def test_the_declared_axes_are_those_that_depend_on_the_vocabulary(family, labels):
    """The growth of an axis for one more character or label reveals its kind of entries."""
    network = family(V, labels)
    now, wider = shapes(network), shapes(family(V + 1, labels))
    more_labels = shapes(family(V, labels + 1)) if labels else now
    declared = set()
    for name, axes in network.vocabulary_axes.items():
        for axis, entries, blocks in axes:
            per_character = 0 if entries is Entries.LABELS else blocks
            per_label = 0 if entries is Entries.CHARACTERS or not labels else blocks
            assert wider[name][axis] - now[name][axis] == per_character, (name, axis)
            assert more_labels[name][axis] - now[name][axis] == per_label, (name, axis)
            declared.add((name, axis))
    depending = {
        (name, axis)
        for name in now
        for axis in np.flatnonzero((wider[name] != now[name]) | (more_labels[name] != now[name]))
    }
    assert depending <= declared
    assert {name for name, _ in declared} <= set(now)


def expected_along(value, axis, blocks, positions, count):
    """Resize one axis of a tensor, entry by entry."""
    rows = np.moveaxis(value, axis, 0)
    old = len(positions)
    new = []
    for block in range(blocks):
        own = rows[block * old : (block + 1) * old]
        where = {position: own[i] for i, position in enumerate(positions)}
        new += [where.get(position, own.mean(axis=0)) for position in range(count)]
    return np.moveaxis(np.array(new), 0, axis)


@pytest.mark.parametrize("labels", [0, LABELS])
@pytest.mark.parametrize("wider", WIDER)
def test_old_entries_are_kept_and_new_ones_get_the_mean(family, labels, wider):
    characters, new_V, label_positions, new_labels = WIDER[wider]
    label_positions, new_labels = (label_positions, new_labels) if labels else ([], 0)
    old, new = family(V, labels), family(new_V, new_labels)
    rng = np.random.default_rng(0)
    tensors = {name: rng.normal(size=size).astype(np.float32) for name, size in shapes(old).items()}
    ids = np.array([*characters, *(new_V + position for position in label_positions)])
    grown = new.resize_tensors(tensors, ids)
    kinds = {
        Entries.CHARACTERS: (characters, new_V),
        Entries.LABELS: (label_positions, new_labels),
        Entries.IDS: (ids.tolist(), new_V + new_labels),
    }
    assert {name: value.shape for name, value in grown.items()} == {
        name: tuple(size) for name, size in shapes(new).items()
    }
    for name, value in tensors.items():
        expected = value
        for axis, entries, blocks in new.vocabulary_axes.get(name, ()):
            if expected.shape[axis]:  # without labels there is none to resize
                expected = expected_along(expected, axis, blocks, *kinds[entries])
        np.testing.assert_allclose(grown[name], expected, atol=1e-6)
        assert grown[name].dtype == np.float32


@pytest.mark.parametrize("is_labelled", [False, True])
def test_resizing_keeps_predictions_over_the_old_characters(family, is_labelled):
    """Relative probabilities of the old characters are unchanged."""
    texts, classes = ["abc", "gfedcba", "bad"], ["F", "M", "F"] if is_labelled else None
    lines = Lines.from_strings(texts, classes)
    narrow = Vocabulary("abcdefg", tuple("FM") if is_labelled else ())
    wide = narrow.union(Vocabulary("AZmz", tuple("AZ") if is_labelled else ()))
    assert len(narrow) == V
    old = family(V, len(narrow.labels)).initialise(torch.Generator().manual_seed(0)).eval()
    new = family(len(wide), len(wide.labels))
    ids = narrow.ids_in(wide)
    new.load(new.resize_tensors(old.tensors(), ids))
    before = old.log_probs(Contexts.of(lines, narrow, old.window))
    c = Contexts.of(lines, wide, new.window)
    after = new.log_probs(c)[:, ids[:V]]
    after -= np.logaddexp.reduce(after, axis=1, keepdims=True)
    assert len(c) == len(before)
    np.testing.assert_allclose(after, before, atol=1e-5)
