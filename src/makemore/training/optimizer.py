"""Optimizer: AdamW, and Muon for the matrices between a network's layers."""

from collections.abc import Mapping

from torch import Tensor, nn, optim

from makemore.layers.network import Network

ParameterGroup = dict[str, list[nn.Parameter] | float]  # the format of torch's optimizers


class Optimizer:
    """AdamW for a network; with `muon` above zero, Muon for its hidden matrices.

    Muon makes the update of a matrix nearly orthogonal, so that no direction is learned much faster
    than another. Its updates are scaled to the size of AdamW's.

    Source: Loshchilov and Hutter (2019), arXiv 1711.05101, algorithm 2; Jordan et al. (2024),
    "Muon: an optimizer for hidden layers in neural networks"; the scale: Liu et al. (2025), arXiv
    2502.16982, section 2.2. Both are torch's implementations. Differs: no weight decay for vectors.
    """

    def __init__(self, network: Network, weight_decay: float, muon: float = 0.0) -> None:
        """Assign each parameter to an optimizer.

        Args:
            network: the network to train.
            weight_decay: decoupled weight decay, for all parameters but vectors.
            muon: Muon's learning rate for hidden matrices, as a multiple of that of AdamW; 0 trains
                them with AdamW.
        """
        hidden = network.hidden_matrices() if muon else []
        hidden_ids = {id(matrix) for matrix in hidden}
        rest = [p for p in network.parameters() if id(p) not in hidden_ids]
        adamw = optim.AdamW(_groups(rest, weight_decay), betas=(0.9, 0.95), fused=True)
        self._optimizers: list[tuple[optim.Optimizer, float]] = [(adamw, 1.0)]
        if hidden:
            muon_optimizer = optim.Muon(
                hidden, weight_decay=weight_decay, adjust_lr_fn="match_rms_adamw"
            )
            self._optimizers.append((muon_optimizer, muon))

    def zero_grad(self) -> None:
        """Reset the gradients."""
        for optimizer, _ in self._optimizers:
            optimizer.zero_grad()

    def step(self, rate: float) -> None:
        """Update all weights, at a learning rate."""
        for optimizer, scale in self._optimizers:
            for group in optimizer.param_groups:
                group["lr"] = rate * scale
            optimizer.step()

    def tensors(self) -> dict[str, Tensor]:
        """Return the optimizer state, by `<optimizer>.<parameter>.<name>`."""
        return {
            f"{number}.{index}.{name}": value
            for number, (optimizer, _) in enumerate(self._optimizers)
            for index, state in optimizer.state_dict()["state"].items()
            for name, value in state.items()
        }

    def load(self, tensors: Mapping[str, Tensor]) -> None:
        """Load the optimizer state from tensors that `tensors` returned."""
        states: list[dict[int, dict[str, Tensor]]] = [{} for _ in self._optimizers]
        for path, value in tensors.items():
            number, index, name = path.split(".")
            states[int(number)].setdefault(int(index), {})[name] = value
        for (optimizer, _), state in zip(self._optimizers, states, strict=True):
            groups = optimizer.state_dict()["param_groups"]
            optimizer.load_state_dict({"state": state, "param_groups": groups})


def _groups(parameters: list[nn.Parameter], weight_decay: float) -> list[ParameterGroup]:
    """Return two groups: parameters with weight decay, and vectors, without."""
    return [
        {"params": [p for p in parameters if p.ndim > 1], "weight_decay": weight_decay},
        {"params": [p for p in parameters if p.ndim <= 1], "weight_decay": 0.0},
    ]
