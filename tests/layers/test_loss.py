import numpy as np
import torch
from hypothesis import given, settings
from hypothesis import strategies as st

from makemore.contexts.table import Contexts
from makemore.corpus.lines import Lines
from makemore.corpus.vocabulary import Vocabulary
from makemore.layers.loss import negative_log_likelihood


@settings(max_examples=30, deadline=None)
@given(
    st.lists(st.text("abcd", min_size=1, max_size=5), min_size=1, max_size=8),
    st.integers(0, 2**32 - 1),
)
def test_value_and_gradient_equal_cross_entropy_over_all_characters(texts, seed):
    rng = np.random.default_rng(seed)
    weights = rng.integers(1, 5, len(texts)).astype(float)
    lines = Lines.from_strings(texts, weights=weights)
    c = Contexts.of(lines, Vocabulary.of(lines), 2)
    logits = torch.from_numpy(rng.normal(size=(len(c), c.vocabulary_size))).requires_grad_()
    plain = logits.detach().clone().requires_grad_()
    row, target = c.row[c.edge].astype(np.int64), c.next[c.edge].astype(np.int64)
    each = torch.nn.functional.cross_entropy(
        plain[torch.from_numpy(row)], torch.from_numpy(target), reduction="none"
    )
    per_character = torch.from_numpy(np.repeat(weights, np.diff(c.start)))
    (each * per_character).sum().backward()
    found = negative_log_likelihood(logits.float().detach().requires_grad_(), c)
    assert abs(found.item() - (each * per_character).sum().item()) < 1e-3
    single = logits.float().detach().requires_grad_()
    (3 * negative_log_likelihood(single, c)).backward()
    torch.testing.assert_close(single.grad, 3 * plain.grad.float(), atol=1e-4, rtol=1e-4)
