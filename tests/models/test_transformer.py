import numpy as np
import pytest
import torch
from random_models import randomised
from torch.nn.functional import gelu, layer_norm, scaled_dot_product_attention

from makemore.contexts.table import Contexts
from makemore.corpus.lines import Lines
from makemore.corpus.vocabulary import Vocabulary
from makemore.errors import OptionError
from makemore.models.transformer import Transformer
from makemore.options.families import TransformerOptions

OPTIONS = TransformerOptions(layers=2, embedding=16, heads=2)


def rotated(x):
    """Su et al. (2021), equation 34: (heads, T, D) with adjacent pairs rotated by position."""
    _, T, D = x.shape
    angle = torch.arange(T)[:, None] * 10_000.0 ** (-2 * torch.arange(D // 2) / D)
    angle = angle.repeat_interleave(2, dim=1)
    swapped = torch.stack([-x[..., 1::2], x[..., ::2]], dim=3).flatten(2)
    return x * angle.cos() + swapped * angle.sin()


def on_a_line(model, ids):
    """Return the logits along one line, with torch's attention over the whole line."""
    D, heads = model.C.shape[1], model.heads
    x = model.C[torch.from_numpy(ids)]
    for layer in model.layers:
        normal = layer_norm(x, (D,), layer.first.weight, layer.first.bias)
        q, k, v = (
            part.view(len(ids), heads, -1).transpose(0, 1)
            for part in (normal @ layer.W_qkv).chunk(3, dim=1)
        )
        seen = scaled_dot_product_attention(rotated(q), rotated(k), v, is_causal=True)
        x = x + seen.transpose(0, 1).flatten(1) @ layer.W_o
        normal = layer_norm(x, (D,), layer.second.weight, layer.second.bias)
        x = x + gelu(normal @ layer.W_1 + layer.b_1) @ layer.W_2 + layer.b_2
    return layer_norm(x, (D,), model.norm.weight, model.norm.bias) @ model.V


def test_it_equals_torch_attention_line_by_line(plain, texts):
    c, row = plain(None)
    model = randomised(Transformer(OPTIONS, c.vocabulary_size, 0))
    with torch.no_grad():
        expected = torch.cat([on_a_line(model, ids) for ids in texts])
        torch.testing.assert_close(model(c)[row], expected, atol=1e-4, rtol=1e-3)


@pytest.mark.parametrize("lengths", [(1,), (40, 41, 43, 3, 70), (200, 17, 16, 15)])
def test_lines_of_any_length_are_computed_together(lengths):
    lines = Lines.from_strings([("ab" * n)[:n] + "c" for n in lengths])
    vocabulary = Vocabulary.of(lines)
    c = Contexts.of(lines, vocabulary, None)
    model = randomised(Transformer(OPTIONS, len(vocabulary), 0)).eval()
    row = torch.from_numpy(c.row[c.edge].astype(np.int64))
    with torch.no_grad():
        expected = torch.cat(
            [
                on_a_line(
                    model, np.concatenate([[0], vocabulary.encode(Lines.from_strings([t]).codes)])
                )
                for t in lines.to_list()
            ]
        )
        torch.testing.assert_close(model(c)[row], expected, atol=1e-4, rtol=1e-3)


def test_the_embedding_must_be_a_multiple_of_twice_the_heads():
    with pytest.raises(OptionError, match="embedding is 20: give a multiple of"):
        TransformerOptions(embedding=20, heads=4)
