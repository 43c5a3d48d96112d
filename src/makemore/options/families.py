"""The options of every family of models, in the order of the lessons."""

from typing import Any

from makemore.errors import OptionError
from makemore.options.declaration import Options, options, setting


def _window(default: int) -> Any:
    """How far back a family looks."""
    return setting("characters looked back", default=default, minimum=1, maximum=64)


def _embedding(default: int) -> Any:
    """How many numbers stand for a character."""
    meaning = "numbers a character is embedded in"
    return setting(meaning, default=default, minimum=1, maximum=4096)


def _hidden(meaning: str, default: int) -> Any:
    """How wide a network is."""
    return setting(meaning, default=default, minimum=1, maximum=65536)


def _dropout(meaning: str, default: float) -> Any:
    """How much is dropped at random in each step of training."""
    return setting(meaning, default=default, minimum=0, maximum=0.9)


@options
class NgramOptions(Options):
    """Counts with add-k smoothing; `window=1` is the lectures' counted bigram.

    Example:
        >>> NgramOptions(window=1, add=0).window
        1
    """

    window: int = _window(3)
    add: float = setting(
        "added to every count; 0 leaves unseen characters impossible",
        default=1.0,
        minimum=0,
        maximum=1e6,
    )


@options
class KneserNeyOptions(Options):
    """Modified Kneser-Ney: counts backed off to shorter contexts; strong and instant.

    Example:
        >>> KneserNeyOptions(window=1).window
        1
    """

    window: int = _window(5)


@options
class LinearOptions(Options):
    """One-hot contexts times a weight matrix: the neural bigram, trigram and so on.

    Example:
        >>> LinearOptions().window
        1
    """

    window: int = _window(1)
    l2: float = setting(
        "weight of the mean squared weight in the loss; smooths",
        default=0.0,
        minimum=0,
        maximum=1e3,
    )


@options
class MLPOptions(Options):
    """Embedded characters, one hidden layer of tanh (Bengio et al. 2003).

    Example:
        >>> MLPOptions(window=1).window
        1
    """

    window: int = _window(3)
    embedding: int = _embedding(10)
    hidden: int = _hidden("neurons of the hidden layer", 200)


@options
class PlainMLPOptions(Options):
    """The deep stack without normalisation: Linear - tanh, again and again.

    Example:
        >>> PlainMLPOptions(layers=3).layers
        3
    """

    window: int = _window(3)
    embedding: int = _embedding(10)
    hidden: int = _hidden("neurons of each hidden layer", 100)
    layers: int = setting("linear layers, the last one included", default=6, minimum=1, maximum=64)
    dropout: float = _dropout("share of the last hidden layer dropped", 0.0)


@options
class DeepMLPOptions(Options):
    """A deep stack: Linear - BatchNorm - tanh, again and again.

    Example:
        >>> DeepMLPOptions(layers=3).layers
        3
    """

    window: int = _window(3)
    embedding: int = _embedding(10)
    hidden: int = _hidden("neurons of each hidden layer", 100)
    layers: int = setting("linear layers, the last one included", default=6, minimum=1, maximum=64)
    dropout: float = _dropout("share of the last hidden layer dropped", 0.0)


@options
class ResNetOptions(Options):
    """The deep stack with residual blocks (He et al. 2016).

    Example:
        >>> ResNetOptions(blocks=2).blocks
        2
    """

    window: int = _window(3)
    embedding: int = _embedding(10)
    hidden: int = _hidden("neurons of each layer", 100)
    blocks: int = setting("residual blocks of two layers", default=2, minimum=1, maximum=64)
    dropout: float = _dropout("share of the last hidden layer dropped", 0.0)


@options
class WaveNetOptions(Options):
    """Characters fused in pairs, pairs in fours, fours in eights (van den Oord et al. 2016).

    Example:
        >>> WaveNetOptions(window=16).window
        16
    """

    window: int = _window(8)
    embedding: int = _embedding(24)
    hidden: int = _hidden("neurons of each layer", 128)
    dropout: float = _dropout("share of the last hidden layer dropped", 0.0)


@options
class BoWOptions(Options):
    """A causal bag of words: the mean of all characters so far beside the last one.

    Example:
        >>> BoWOptions(hidden=32).hidden
        32
    """

    embedding: int = _embedding(64)
    hidden: int = _hidden("neurons of the hidden layer", 256)
    dropout: float = _dropout("share of neurons dropped", 0.0)


@options
class RNNOptions(Options):
    """A simple recurrent network with tanh (Elman 1990).

    Example:
        >>> RNNOptions(hidden=32).hidden
        32
    """

    embedding: int = _embedding(64)
    hidden: int = _hidden("neurons that remember", 256)
    dropout: float = _dropout("share of what is read out dropped", 0.0)


@options
class LSTMOptions(Options):
    """Long short-term memory (Hochreiter and Schmidhuber 1997).

    Example:
        >>> LSTMOptions(hidden=32).hidden
        32
    """

    embedding: int = _embedding(64)
    hidden: int = _hidden("neurons that remember", 384)
    dropout: float = _dropout("share of what is read out dropped", 0.1)


@options
class GRUOptions(Options):
    """A gated recurrent unit (Cho et al. 2014).

    Example:
        >>> GRUOptions(hidden=32).hidden
        32
    """

    embedding: int = _embedding(64)
    hidden: int = _hidden("neurons that remember", 384)
    dropout: float = _dropout("share of what is read out dropped", 0.1)


@options
class TransformerOptions(Options):
    """A decoder of the Transformer, as GPT-2 has it (Vaswani et al. 2017).

    Example:
        >>> TransformerOptions(layers=2).layers
        2
    """

    layers: int = setting("layers of attention", default=4, minimum=1, maximum=64)
    embedding: int = setting(
        "numbers a character is embedded in; a multiple of twice the heads",
        default=64,
        minimum=2,
        maximum=4096,
    )
    heads: int = setting("heads of attention", default=4, minimum=1, maximum=64)
    dropout: float = _dropout("share of what is added dropped", 0.0)

    def __attrs_post_init__(self) -> None:
        """Checks that the heads share the embedding out, in pairs of numbers.

        Raises:
            OptionError: they do not.
        """
        if self.embedding % (2 * self.heads):
            raise OptionError(
                f"embedding is {self.embedding}: give a multiple of twice the heads, which are "
                f"{self.heads}"
            )


@options
class MixtureOptions(Options):
    """Several models mixed character by character; better than each of them.

    Example:
        >>> MixtureOptions(members="kneser_ney, gru(hidden=64)").members
        'kneser_ney, gru(hidden=64)'
    """

    members: str = setting(
        "families, each with options of its own in brackets",
        default="kneser_ney(window=3), kneser_ney(window=5), kneser_ney(window=8), gru",
    )
