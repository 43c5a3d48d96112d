"""Learning a small list: copies of the starter, which read it first, and a small new network.

A copy starts in the state of a network that has just read lines of the list. Few steps suit a list
like those that the starter knows, many one that is unlike them, so the number of steps is chosen on
held-out lines. What is evaluated has the moving average of the weights.
"""

import copy
from collections.abc import Iterable
from dataclasses import dataclass, replace

import numpy as np
import torch
from numpy.typing import NDArray
from torch import nn

from makemore.corpus.lines import Lines
from makemore.corpus.vocabulary import Vocabulary
from makemore.layers.network import Noise, dropout_noise
from makemore.layers.threads import torch_threads
from makemore.models.lstm import LSTM
from makemore.options.families import LSTMOptions
from makemore.starter.reading import Encoded, read_list
from makemore.starter.stored import Starter

BATCH = 32  # lines of a step
_WARM_UP, _CLIP = 10, 1.0  # steps in which the learning rate rises; maximum norm of the gradient
_AVERAGE = 0.9  # of the moving average of the weights, once it has started


@dataclass(frozen=True)
class Recipe:
    """How a network is trained on a list.

    Attributes:
        rate: learning rate of the embedding, the output layer and the first state.
        recurrent_rate: learning rate of the recurrent weights.
        dropout: rate at which numbers of the hidden state are set to zero.
        weight_decay: decoupled weight decay.
        new: the options of a new network, which takes the place of a copy; or None.
        pace: steps that it takes for each step of a copy, because they are shorter.
    """

    rate: float
    recurrent_rate: float
    dropout: float
    weight_decay: float = 0.0
    new: LSTMOptions | None = None
    pace: int = 1


# The first changes the starter little and suits lists like those that it knows; the second suits
# the others. A small new network learns formats such as those of codes faster than either. Their
# mixture was better than any of them. If there is much to learn, most of the time is better spent
# on the new network.
GENTLE, STRONG = Recipe(3e-3, 5e-4, 0.3), Recipe(4e-3, 4e-3, 0.5)
NEW = Recipe(2e-2, 2e-2, 0.3, 0.1, LSTMOptions(embedding=32, hidden=128, learned_state=True), 3)
RECIPES = (GENTLE, STRONG, NEW)
LONG_RECIPES = (GENTLE, replace(NEW, pace=12))


class Learner:
    """A network that learns the lines of a list: a copy of the starter, or a new network.

    Attributes:
        options: the options of the network.
        averaged: the network with the moving average of the weights.
        done: number of steps taken.
        pace: see `Recipe`.
    """

    def __init__(
        self, network: LSTM, options: LSTMOptions, lines: Encoded, recipe: Recipe, seed: int
    ) -> None:
        """Hold the network before its first step; it must have a learned first state."""
        self._lines, self._seed, self.done, self.pace = lines, seed, 0, recipe.pace
        self.options = options
        assert network.initial is not None, "the first state is learned"
        self._network, network.dropout = network, recipe.dropout
        self.averaged = copy.deepcopy(network)
        recurrent = [network.W, network.U, network.b]
        others = [network.C, network.V, network.d, network.initial]
        self._optimizer = torch.optim.AdamW(
            [
                {"params": others, "rate": recipe.rate},
                {"params": recurrent, "rate": recipe.recurrent_rate},
            ],
            betas=(0.9, 0.98),
            weight_decay=recipe.weight_decay,
        )

    def train_to(self, step: int) -> None:
        """Train to a number of steps, and update the averaged weights."""
        with torch_threads(1):
            while self.done < step:
                self._step()

    def _step(self) -> None:
        """Take one step."""
        network, optimizer = self._network, self._optimizer
        parameters = list(network.parameters())
        ids, following, weight = map(torch.from_numpy, self._lines.batch(self._indices()))
        hidden, _ = network.read_lines(ids, network.first_state(ids.shape[1]))
        with dropout_noise(Noise(self._seed, self.done)):
            logits = network.drop(hidden) @ network.V + network.d
        losses = nn.functional.cross_entropy(
            logits.flatten(0, 1), following.flatten(), reduction="none"
        )
        loss = (losses * weight.flatten()).sum() / weight.sum()
        optimizer.zero_grad()
        loss.backward()  # type: ignore[no-untyped-call]
        nn.utils.clip_grad_norm_(parameters, _CLIP)
        self.done += 1
        for group in optimizer.param_groups:
            group["lr"] = group["rate"] * min(1.0, self.done / _WARM_UP)
        optimizer.step()
        share = min(_AVERAGE, self.done / (self.done + 4))
        with torch.no_grad():
            for mean, parameter in zip(self.averaged.parameters(), parameters, strict=True):
                mean.lerp_(parameter, 1 - share)

    def _indices(self) -> NDArray[np.int64]:
        """Return the lines of the next step; each epoch has each line once, in random order."""
        count = len(self._lines)
        size = min(BATCH, count)
        steps = -(-count // size)
        epoch, position = divmod(self.done, steps)
        order = np.random.default_rng((self._seed, 1, epoch)).permutation(count)
        return order[position * size : (position + 1) * size]


def build_learners(
    starter: Starter, vocabulary: Vocabulary, lines: Lines, recipes: Iterable[Recipe], seed: int
) -> list[Learner]:
    """Build a network for each recipe; copies of the starter have read the lines.

    Args:
        starter: the starter.
        vocabulary: the vocabulary of the networks.
        lines: the lines to learn.
        recipes: how each network is trained.
        seed: seed of new weights, of the order of the lines, and of dropout.
    """
    encoded, learners = Encoded.of(lines, vocabulary), []
    tensors = read_list(starter, vocabulary, encoded, seed).tensors()
    for recipe in recipes:
        options = recipe.new or starter.options
        network = LSTM(options, len(vocabulary), len(vocabulary.labels))
        if recipe.new is None:
            network.load(tensors)
        else:
            network.initialise(torch.Generator().manual_seed(seed))
        learners.append(Learner(network, options, encoded, recipe, seed))
    return learners


def evaluation_steps(last: int) -> list[int]:
    """Return the numbers of steps after which losses are compared: 0, 4, 6, 8, 11, 16, ... last.

    Example:
        >>> evaluation_steps(20)
        [0, 4, 6, 8, 11, 16, 20]
    """
    grid = [round(4 * 2 ** (i / 2)) for i in range(2 * max(1, last).bit_length())]
    return sorted({0, last, *(step for step in grid if step < last)})
