"""Where a Transformer looks while it reads a line."""

import torch

from makemore.arrays import Float32s
from makemore.contexts.table import Contexts
from makemore.models.transformer import Transformer


def attention_of(network: Transformer, c: Contexts) -> Float32s:
    """The attention of every layer and head, along one line.

        softmax over the places u up to t of q_t . k_u / sqrt(D / heads)

    Source: Vaswani et al. (2017), arXiv 1706.03762, equation 1.

    Args:
        network: any decoder.
        c: one line of T characters, its end counted.

    Returns:
        (L, heads, T, T) float32: how much place t, having read the boundary and t characters,
        takes from place u; rows sum to one and are zero beyond t.
    """
    assert len(c) == len(c.edge), "give the contexts of one line"
    network.eval()
    found = []
    with torch.inference_mode():
        rotation = network.rotations(torch.arange(len(c), device=network.device))
        later = torch.ones(len(c), len(c), dtype=torch.bool, device=network.device).triu(1)
        for layer, x in zip(network.layers, _inputs(network, c), strict=True):
            q, k, _ = layer.project(x, rotation)
            score = torch.einsum("thd,uhd->htu", q, k) / q.shape[2] ** 0.5
            found.append(score.masked_fill(later, -torch.inf).softmax(dim=2))
    attention: Float32s = torch.stack(found).cpu().numpy()
    return attention


def _inputs(network: Transformer, c: Contexts) -> list[torch.Tensor]:
    """(T, D) what each layer reads."""
    seen: list[torch.Tensor] = []
    handles = [
        layer.first.register_forward_pre_hook(lambda _, read: seen.append(read[0]))
        for layer in network.layers
    ]
    network(c)
    for handle in handles:
        handle.remove()
    return seen
