"""Base class of recurrent networks: a scan down the tree of prefixes, each context once."""

from abc import abstractmethod

import numpy as np
import torch
from numpy.typing import NDArray
from torch import Tensor, nn

from makemore.arrays import Float32s
from makemore.contexts.table import Contexts
from makemore.layers.network import PrefixNetwork, look_up, to_device
from makemore.layers.threads import torch_threads


class RecurrentNetwork(PrefixNetwork):
    """A network that computes a hidden state from an input and the previous hidden state.

        state = cell(x, state of the parent)        logits = read_out(state)

    The first state is zero or, with `initial`, learned. All contexts of one depth are computed
    together.

    Attributes:
        state_size: S.
        initial: (S,) the learned state before a line's first id; None for zeros.
    """

    state_size: int
    initial: nn.Parameter | None

    def new_initial(self, is_learned: bool) -> nn.Parameter | None:
        """Return zeros to be learned as the first state; None if it is not learned."""
        return nn.Parameter(torch.zeros(self.state_size)) if is_learned else None

    @abstractmethod
    def inputs(self) -> Tensor:
        """Compute (V + labels, X), the cell's input for each id."""

    @abstractmethod
    def cell(self, x: Tensor, state: Tensor) -> Tensor:
        """Compute the next (n, S) states from (n, X) inputs and the previous (n, S) states."""

    @abstractmethod
    def read_out(self, state: Tensor) -> Tensor:
        """Compute (n, V) logits of the next id."""

    def forward(self, c: Contexts) -> Tensor:
        """Compute (N, V) logits."""
        return self.read_out(self.scan(c))

    def scan(self, c: Contexts) -> Tensor:
        """Compute (N, S), the state after each context's last id."""
        assert c.parent is not None, "whole prefixes are needed"
        sizes = np.diff(c.depth_starts)
        # For each context, the first row of the previous level.
        level_start = np.repeat(np.concatenate([[0], c.depth_starts[:-2]]), sizes)
        parents = torch.split(to_device(c.parent - level_start, self.device), sizes.tolist())
        inputs = torch.split(look_up(self.inputs(), c.last), sizes.tolist())
        states = [self.cell(inputs[0], self.first_state(int(sizes[0])))]
        for x, parent in zip(inputs[1:], parents[1:], strict=True):
            states.append(self.cell(x, states[-1].index_select(0, parent)))
        return torch.cat(states)

    def first_state(self, n: int) -> Tensor:
        """Return (n, S), the state before the first id of n lines."""
        zeros = torch.zeros(n, self.state_size, device=self.device)
        return zeros if self.initial is None else zeros + self.initial

    def empty_state(self, n: int) -> Float32s:
        """See `PrefixNetwork.empty_state`."""
        return self.first_state(n).detach().cpu().numpy()

    def step(self, ids: NDArray[np.int32], state: Float32s) -> tuple[Float32s, Float32s]:
        """See `Model.step`."""
        with torch.inference_mode(), torch_threads(1):
            next_state = self.cell(look_up(self.inputs(), ids), to_device(state, self.device))
            log_probs = self.read_out(next_state).log_softmax(dim=1)
        return log_probs.cpu().numpy(), next_state.cpu().numpy()
