"""Networks: a seeded start, dropout that a step can repeat, and weights as arrays."""

from abc import abstractmethod
from collections.abc import Callable
from typing import Self

import numpy as np
import torch
from numpy.typing import NDArray
from torch import Tensor, nn

from makemore.arrays import AnyArray, Float32s, Ids
from makemore.contexts.table import Contexts
from makemore.corpus.vocabulary import BOUNDARY
from makemore.inference.automaton import Automaton
from makemore.inference.model import FamilyModel, State, Tensors, WindowModel
from makemore.layers.batch_norm import BatchNorm
from makemore.layers.vocabulary_axes import VocabularyAxes, VocabularyChange, resize


class Noise:
    """The randomness of one step of training, fixed by the seed and the step.

    Example:
        >>> one, again = (Noise(0, 7).drop(torch.ones(99), 0.5) for _ in range(2))
        >>> bool((one == again).all())
        True
    """

    def __init__(self, seed: int, step: int) -> None:
        """Starts a generator of its own for the step."""
        self._rng = np.random.Generator(np.random.SFC64(np.random.SeedSequence((seed, step))))

    def drop(self, x: Tensor, share: float) -> Tensor:
        """Sets a share of the numbers to zero, to the nearest 256th, and scales up the rest.

        Source: Srivastava et al. (2014), "Dropout: a simple way to prevent neural networks from
        overfitting". Random bytes cost far less on a CPU than what torch's own dropout draws.
        """
        dropped = round(256 * share)
        if not dropped:
            return x
        random = np.frombuffer(bytearray(self._rng.bytes(x.numel())), np.uint8)
        keep = sent(random, x.device).view(x.shape) >= dropped
        return x * (keep * (256 / (256 - dropped)))


def check_tensors(make: Callable[[], FamilyModel], tensors: Tensors) -> None:
    """Refuse tensors that are not those of a network; building it here takes no memory.

    Args:
        make: builds the network.
        tensors: arrays by name.

    Raises:
        ValueError: they have other names, shapes or types.
    """
    with torch.device("meta"):
        network = make()
    assert isinstance(network, Network), "it is trained"
    own = {name: tuple(value.shape) for name, value in network.state_dict().items()}
    given = {name: value.shape for name, value in tensors.items()}
    if own != given or any(value.dtype != np.float32 for value in tensors.values()):
        raise ValueError("its tensors are not those of a model of its options")


class Network(nn.Module):
    """What every network adds to its `forward`.

    Attributes:
        vocabulary_axes: for each tensor of `state_dict` that has entries for ids, along which axes;
            a tensor that is not named keeps its shape whatever the vocabulary.
        dropout: the share that `drop` drops.
        noise: where `drop` takes its randomness; None, as always outside training, drops nothing.
    """

    vocabulary_size: int
    label_count: int
    vocabulary_axes: VocabularyAxes
    has_exact_rows = False
    dropout: float = 0.0
    noise: Noise | None = None

    @abstractmethod
    def forward(self, c: Contexts) -> Tensor:
        """(N, V) logits of the next id in each context."""

    @abstractmethod
    def initialise(self, rng: torch.Generator) -> Self:
        """Draws fresh weights."""

    def drop(self, x: Tensor) -> Tensor:
        """Drops some of the numbers while training."""
        return x if self.noise is None else self.noise.drop(x, self.dropout)

    @property
    def couples_rows(self) -> bool:
        """Whether what it says of a context while training depends on the others beside it."""
        return any(isinstance(module, BatchNorm) for module in self.modules())

    def penalty(self) -> Tensor | None:
        """What is added to the mean loss, or None for nothing."""
        return None

    def hidden_matrices(self) -> list[nn.Parameter]:
        """The matrices between layers, for Muon; embeddings and the last layer are none of them."""
        return []

    @property
    def device(self) -> torch.device:
        """Where the weights are."""
        return next(self.parameters()).device

    def ask(self, c: Contexts) -> Float32s:
        """(N, V) log-probabilities of the next id in each context, without gradients."""
        with torch.inference_mode():
            log_probs: Float32s = self(c).log_softmax(dim=1).cpu().numpy()
        return log_probs

    def tensors(self) -> Tensors:
        """See `Model.tensors`."""
        return {name: value.detach().cpu().numpy() for name, value in self.state_dict().items()}

    def load(self, tensors: Tensors) -> Self:
        """See `Model.load`."""
        self.load_state_dict({name: torch.from_numpy(value) for name, value in tensors.items()})
        if not all(torch.isfinite(value).all() for value in self.state_dict().values()):
            raise ValueError("a weight is no finite number")
        return self.eval()

    def grown(self, tensors: Tensors, ids: NDArray[np.int64]) -> Tensors:
        """See `Model.grown`; a new id starts as the mean of the old ones."""
        change = VocabularyChange(ids, self.vocabulary_size, self.label_count)
        axes = self.vocabulary_axes
        return {
            name: resize(tensors[name], axes.get(name, ()), change) for name in self.state_dict()
        }


class WindowNetwork(Network, WindowModel):
    """A network that looks back K characters."""

    def log_probs_at(self, back: Ids) -> Float32s:
        """See `WindowModel.log_probs_at`."""
        return self.ask(Contexts.of_windows(back, self.vocabulary_size, self.label_count))


class PrefixNetwork(Network, FamilyModel):
    """A network that reads whole prefixes."""

    window = None

    def log_probs(self, c: Contexts) -> Float32s:
        """See `Model.log_probs`."""
        return self.ask(c)

    @abstractmethod
    def before(self, n: int) -> State:
        """The state of n lines that have read nothing, not even a boundary."""

    @abstractmethod
    def step(self, ids: NDArray[np.int32], state: State) -> tuple[Float32s, State]:
        """See `Model.step`."""

    def start(self, n: int, label: int | None = None) -> tuple[Float32s, State]:
        """See `Model.start`: a line starts by reading its label, or the boundary."""
        assert (label is not None) == (self.label_count > 0), "a label is given where there are any"
        ids = np.full(n, BOUNDARY if label is None else label, np.int32)
        return self.step(ids, self.before(n))

    def automaton(self, most: int, label: int | None = None) -> Automaton | None:
        """See `Model.automaton`: whole prefixes are too many states."""
        del most, label
        return None


AnyNetwork = WindowNetwork | PrefixNetwork


def sent(array: AnyArray, device: torch.device) -> Tensor:
    """An array where the network is; on its way to a CUDA device nothing waits for it."""
    tensor = torch.from_numpy(array)
    if device.type == "cuda":
        return tensor.pin_memory().to(device, non_blocking=True)
    return tensor.to(device)


def look_up(table: Tensor, ids: NDArray[np.int32]) -> Tensor:
    """Gives the rows of a table for some ids: (..., E) from (V, E) and (...)."""
    return nn.functional.embedding(sent(ids, table.device), table)


def weight_of(c: Contexts, device: torch.device) -> Tensor:
    """(N,) float32, how often each context occurs, in lines of the usual weight."""
    return sent((c.weight / c.usual_weight).astype(np.float32), device)
