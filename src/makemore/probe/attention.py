"""Attention of a Transformer along a line."""

import torch

from makemore.arrays import Float32s
from makemore.contexts.table import Contexts
from makemore.models.transformer import Transformer


def attention_of(network: Transformer, c: Contexts) -> Float32s:
    """Compute the attention weights of every layer and head along one line.

        softmax over the positions u up to t of q_t . k_u / sqrt(D / heads)

    Source: Vaswani et al. (2017), arXiv 1706.03762, equation 1.

    Args:
        network: any decoder.
        c: contexts of one line of T characters, including its end.

    Returns:
        (L, heads, T, T) float32, the weight of position u at position t, where the boundary and t
        characters have been read. Rows sum to one and are zero for u > t.
    """
    assert len(c) == len(c.edge), "give the contexts of one line"
    network.eval()
    weights = []
    with torch.inference_mode():
        rotation = network.rotations(torch.arange(len(c), device=network.device))
        is_future = torch.ones(len(c), len(c), dtype=torch.bool, device=network.device).triu(1)
        for layer, x in zip(network.layers, _inputs(network, c), strict=True):
            q, k, _ = layer.project(x, rotation)
            scores = torch.einsum("thd,uhd->htu", q, k) / q.shape[2] ** 0.5
            weights.append(scores.masked_fill(is_future, -torch.inf).softmax(dim=2))
    attention: Float32s = torch.stack(weights).cpu().numpy()
    return attention


def _inputs(network: Transformer, c: Contexts) -> list[torch.Tensor]:
    """Return (T, D) the input of each layer."""
    inputs: list[torch.Tensor] = []
    handles = [
        layer.first.register_forward_pre_hook(lambda _, args: inputs.append(args[0]))
        for layer in network.layers
    ]
    network(c)
    for handle in handles:
        handle.remove()
    return inputs
