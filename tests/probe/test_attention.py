import numpy as np
import pytest
import torch
from torch.nn.functional import scaled_dot_product_attention

from makemore import Lines, TransformerOptions
from makemore.contexts.table import Contexts
from makemore.corpus.vocabulary import Vocabulary
from makemore.models.transformer import Transformer
from makemore.probe.attention import attention_of


@pytest.mark.parametrize("labels", [(), ("F", "M")])
def test_it_equals_the_attention_that_the_network_uses(labels):
    vocabulary = Vocabulary("ahjno", labels)
    options = TransformerOptions(layers=3, embedding=16, heads=2)
    network = Transformer(options, len(vocabulary), len(labels))
    network.initialise(torch.Generator().manual_seed(0))
    lines = Lines.from_strings(["johanna"], ["M"] if labels else None)
    c = Contexts.of(lines, vocabulary, None)
    attention = attention_of(network, c)
    assert attention.shape == (3, 2, 8, 8)
    np.testing.assert_allclose(attention.sum(axis=3), 1, atol=1e-6)
    assert not attention[:, :, *np.triu_indices(8, 1)].any()
    read = []
    hooks = [
        layer.first.register_forward_pre_hook(lambda _, args: read.append(args[0]))
        for layer in network.layers
    ]
    with torch.no_grad():
        network(c)
        for hook in hooks:
            hook.remove()
        rotation = network.rotations(torch.arange(8))
        for layer, x, own in zip(network.layers, read, attention, strict=True):
            q, k, v = layer.project(x, rotation)
            heads_first = (each.transpose(0, 1) for each in (q, k, v))
            expected = scaled_dot_product_attention(*heads_first, is_causal=True)
            expected = expected.transpose(0, 1).flatten(1)
            seen = torch.einsum("htu,uhd->thd", torch.from_numpy(own), v).flatten(1)
            torch.testing.assert_close(seen, expected, atol=1e-5, rtol=1e-5)
    assert not any(layer.first._forward_pre_hooks for layer in network.layers)
