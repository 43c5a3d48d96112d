"""Base classes of networks: seeded initialisation, repeatable dropout, weights as arrays."""

from abc import abstractmethod
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from contextvars import ContextVar
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
from makemore.layers.threads import torch_threads
from makemore.layers.vocabulary_axes import VocabularyAxes, VocabularyChange, resize


class Noise:
    """The dropout noise of one part of a training step, determined by seed, step and part.

    Example:
        >>> one, again = (Noise(0, 7).drop(torch.ones(99), 0.5) for _ in range(2))
        >>> bool((one == again).all())
        True
    """

    def __init__(self, seed: int, step: int, part: int = 0) -> None:
        """Create the random generator of the part."""
        key = (seed, step, part) if part else (seed, step)
        self._rng = np.random.Generator(np.random.SFC64(np.random.SeedSequence(key)))
        self.part = part

    def drop(self, x: Tensor, rate: float) -> Tensor:
        """Set numbers to zero at a rate, and scale up the rest.

        The rate is rounded to a multiple of 1 / 256. Random bytes cost far less on a CPU than the
        random numbers of torch's own dropout.

        Source: Srivastava et al. (2014), "Dropout: a simple way to prevent neural networks from
        overfitting".
        """
        threshold = round(256 * rate)
        if not threshold:
            return x
        random = np.frombuffer(bytearray(self._rng.bytes(x.numel())), np.uint8)
        keep = to_device(random, x.device).view(x.shape) >= threshold
        return x * (keep * (256 / (256 - threshold)))


_noise: ContextVar[Noise | None] = ContextVar("noise", default=None)


@contextmanager
def dropout_noise(noise: Noise) -> Iterator[None]:
    """Let networks drop numbers within a context; each thread has its own."""
    token = _noise.set(noise)
    try:
        yield
    finally:
        _noise.reset(token)


def current_part() -> int:
    """Return the part of the training step that this thread computes; 0 outside training."""
    noise = _noise.get()
    return 0 if noise is None else noise.part


def check_tensors(build: Callable[[], FamilyModel], tensors: Tensors) -> None:
    """Check that tensors have the names, shapes and types of a network's tensors.

    The network is built on torch's meta device, so it takes no memory.

    Args:
        build: builds the network.
        tensors: arrays by name.

    Raises:
        ValueError: the names, shapes or types differ.
    """
    with torch.device("meta"):
        network = build()
    assert isinstance(network, Network), "`build` returns a network"
    expected = {name: tuple(value.shape) for name, value in network.state_dict().items()}
    given = {name: value.shape for name, value in tensors.items()}
    if expected != given or any(value.dtype != np.float32 for value in tensors.values()):
        raise ValueError("its tensors do not have the names, shapes and types of its options")


class Network(nn.Module):
    """Base class of all networks.

    Attributes:
        vocabulary_axes: the axes that have entries for ids, by the name of the tensor in
            `state_dict`; the shape of any other tensor does not depend on the vocabulary.
        dropout: the share of numbers that `drop` sets to zero.
    """

    vocabulary_size: int
    label_count: int
    vocabulary_axes: VocabularyAxes
    has_exact_rows = False
    dropout: float = 0.0

    @abstractmethod
    def forward(self, c: Contexts) -> Tensor:
        """Compute (N, V) logits of the next id in each context."""

    @abstractmethod
    def initialise(self, rng: torch.Generator) -> Self:
        """Draw the initial weights; return self."""

    def drop(self, x: Tensor) -> Tensor:
        """Apply dropout within a context of `dropout_noise`; return x unchanged otherwise."""
        noise = _noise.get()
        return x if noise is None else noise.drop(x, self.dropout)

    @property
    def has_coupled_rows(self) -> bool:
        """Whether, in training, the output for a context depends on the others in its batch."""
        return any(isinstance(module, BatchNorm) for module in self.modules())

    def penalty(self) -> Tensor | None:
        """Return the regularisation term that is added to the mean loss, or None."""
        return None

    def hidden_matrices(self) -> list[nn.Parameter]:
        """Return the matrices between layers, for Muon; no embeddings and not the last layer."""
        return []

    @property
    def device(self) -> torch.device:
        """The device of the weights."""
        return next(self.parameters()).device

    def predict_log_probs(self, c: Contexts) -> Float32s:
        """Compute (N, V) log-probabilities of the next id in each context, without gradients."""
        with torch.inference_mode(), torch_threads(1):
            log_probs: Float32s = self(c).log_softmax(dim=1).cpu().numpy()
        return log_probs

    def tensors(self) -> Tensors:
        """See `Model.tensors`."""
        return {name: value.detach().cpu().numpy() for name, value in self.state_dict().items()}

    def load(self, tensors: Tensors) -> Self:
        """See `FamilyModel.load`."""
        self.load_state_dict({name: torch.from_numpy(value) for name, value in tensors.items()})
        if not all(torch.isfinite(value).all() for value in self.state_dict().values()):
            raise ValueError("a weight is not a finite number")
        return self.eval()

    def resize_tensors(self, tensors: Tensors, ids: NDArray[np.int64]) -> Tensors:
        """See `FamilyModel.resize_tensors`; entries of new ids are the mean of the old ones."""
        change = VocabularyChange(ids, self.vocabulary_size, self.label_count)
        axes = self.vocabulary_axes
        return {
            name: resize(tensors[name], axes.get(name, ()), change) for name in self.state_dict()
        }


class WindowNetwork(Network, WindowModel):
    """A network with a window of K characters."""

    def log_probs_at(self, back: Ids) -> Float32s:
        """See `WindowModel.log_probs_at`."""
        return self.predict_log_probs(
            Contexts.of_windows(back, self.vocabulary_size, self.label_count)
        )


class PrefixNetwork(Network, FamilyModel):
    """A network that reads whole prefixes."""

    window = None

    def log_probs(self, c: Contexts) -> Float32s:
        """See `Model.log_probs`."""
        return self.predict_log_probs(c)

    @abstractmethod
    def empty_state(self, n: int) -> State:
        """Return the state of n lines before any id is read, even the boundary."""

    @abstractmethod
    def step(self, ids: NDArray[np.int32], state: State) -> tuple[Float32s, State]:
        """See `Model.step`."""

    def start(self, n: int, label: int | None = None) -> tuple[Float32s, State]:
        """See `Model.start`; the first id read is the label or, without labels, the boundary."""
        assert (label is not None) == (self.label_count > 0), "a label if the model has labels"
        ids = np.full(n, BOUNDARY if label is None else label, np.int32)
        return self.step(ids, self.empty_state(n))

    def automaton(self, max_states: int, label: int | None = None) -> Automaton | None:
        """See `Model.automaton`; None, because whole prefixes are too many states."""
        del max_states, label
        return None


AnyNetwork = WindowNetwork | PrefixNetwork


def to_device(array: AnyArray, device: torch.device) -> Tensor:
    """Return an array as a tensor on a device; copies to CUDA are asynchronous."""
    tensor = torch.from_numpy(array)
    if device.type == "cuda":
        return tensor.pin_memory().to(device, non_blocking=True)
    return tensor.to(device)


def look_up(table: Tensor, ids: NDArray[np.int32]) -> Tensor:
    """Return the rows of a (V, E) table for ids of shape (...): (..., E)."""
    return nn.functional.embedding(to_device(ids, table.device), table)


def weight_of(c: Contexts, device: torch.device) -> Tensor:
    """Compute (N,) float32, the weight of each context divided by the mean weight of a line."""
    return to_device((c.weight / c.mean_line_weight).astype(np.float32), device)
