"""The options of every family of models, in the order of the lessons."""

import sys
from typing import Annotated

from attrs import frozen

from makemore.errors import OptionError
from makemore.options.declaration import Options, Setting, describe

Window = Annotated[int, Setting("characters looked back", minimum=1, maximum=64)]
Embedding = Annotated[int, Setting("numbers a character is embedded in", minimum=1, maximum=4096)]
Layers = Annotated[int, Setting("linear layers, the last one included", minimum=1, maximum=64)]


def _width(meaning: str) -> Setting:
    """How wide a network is."""
    return Setting(meaning, minimum=1, maximum=65536)


def _dropout(meaning: str) -> Setting:
    """How much is dropped at random in each step of training."""
    return Setting(meaning, minimum=0, maximum=0.9)


@frozen(kw_only=True)
class CountOptions(Options):
    """The base of families that count windows."""

    window: Window


@frozen(kw_only=True)
class NgramOptions(CountOptions):
    """Counts with add-k smoothing; `window=1` is the lectures' counted bigram.

    Example:
        >>> NgramOptions(window=1, add=0).window
        1
    """

    window: Window = 3
    add: Annotated[
        float,
        Setting(
            "added to every count; 0 leaves unseen characters impossible", minimum=0, maximum=1e6
        ),
    ] = 1.0


@frozen(kw_only=True)
class KneserNeyOptions(CountOptions):
    """Modified Kneser-Ney: counts backed off to shorter contexts; strong and instant.

    Example:
        >>> KneserNeyOptions(window=1).window
        1
    """

    window: Window = 5


@frozen(kw_only=True)
class LinearOptions(Options):
    """One-hot contexts times a weight matrix: the neural bigram, trigram and so on.

    Example:
        >>> LinearOptions().window
        1
    """

    window: Window = 1
    l2: Annotated[
        float,
        Setting("weight of the mean squared weight in the loss; smooths", minimum=0, maximum=1e3),
    ] = 0.0


@frozen(kw_only=True)
class MLPOptions(Options):
    """Embedded characters, one hidden layer of tanh (Bengio et al. 2003).

    Example:
        >>> MLPOptions(window=1).window
        1
    """

    window: Window = 3
    embedding: Embedding = 10
    hidden: Annotated[int, _width("neurons of the hidden layer")] = 200


@frozen(kw_only=True)
class PlainMLPOptions(Options):
    """The deep stack without normalisation: Linear - tanh, again and again.

    Example:
        >>> PlainMLPOptions(layers=3).layers
        3
    """

    window: Window = 3
    embedding: Embedding = 10
    hidden: Annotated[int, _width("neurons of each hidden layer")] = 100
    layers: Layers = 6
    dropout: Annotated[float, _dropout("share of the last hidden layer dropped")] = 0.0


@frozen(kw_only=True)
class DeepMLPOptions(Options):
    """A deep stack: Linear - BatchNorm - tanh, again and again.

    Example:
        >>> DeepMLPOptions(layers=3).layers
        3
    """

    window: Window = 3
    embedding: Embedding = 10
    hidden: Annotated[int, _width("neurons of each hidden layer")] = 100
    layers: Layers = 6
    dropout: Annotated[float, _dropout("share of the last hidden layer dropped")] = 0.0


@frozen(kw_only=True)
class ResNetOptions(Options):
    """The deep stack with residual blocks (He et al. 2016).

    Example:
        >>> ResNetOptions(blocks=2).blocks
        2
    """

    window: Window = 3
    embedding: Embedding = 10
    hidden: Annotated[int, _width("neurons of each layer")] = 100
    blocks: Annotated[int, Setting("residual blocks of two layers", minimum=1, maximum=64)] = 2
    dropout: Annotated[float, _dropout("share of the last hidden layer dropped")] = 0.0


@frozen(kw_only=True)
class WaveNetOptions(Options):
    """Characters fused in pairs, pairs in fours, fours in eights (van den Oord et al. 2016).

    Example:
        >>> WaveNetOptions(window=16).window
        16
    """

    window: Window = 8
    embedding: Embedding = 24
    hidden: Annotated[int, _width("neurons of each layer")] = 128
    dropout: Annotated[float, _dropout("share of the last hidden layer dropped")] = 0.0


@frozen(kw_only=True)
class BoWOptions(Options):
    """A causal bag of words: the mean of all characters so far beside the last one.

    Example:
        >>> BoWOptions(hidden=32).hidden
        32
    """

    embedding: Embedding = 64
    hidden: Annotated[int, _width("neurons of the hidden layer")] = 256
    dropout: Annotated[float, _dropout("share of neurons dropped")] = 0.0


@frozen(kw_only=True)
class RNNOptions(Options):
    """A simple recurrent network with tanh (Elman 1990).

    Example:
        >>> RNNOptions(hidden=32).hidden
        32
    """

    embedding: Embedding = 64
    hidden: Annotated[int, _width("neurons that remember")] = 256
    dropout: Annotated[float, _dropout("share of what is read out dropped")] = 0.0


@frozen(kw_only=True)
class LSTMOptions(Options):
    """Long short-term memory (Hochreiter and Schmidhuber 1997).

    Example:
        >>> LSTMOptions(hidden=32).hidden
        32
    """

    embedding: Embedding = 64
    hidden: Annotated[int, _width("neurons that remember")] = 384
    dropout: Annotated[float, _dropout("share of what is read out dropped")] = 0.1


@frozen(kw_only=True)
class GRUOptions(Options):
    """A gated recurrent unit (Cho et al. 2014).

    Example:
        >>> GRUOptions(hidden=32).hidden
        32
    """

    embedding: Embedding = 64
    hidden: Annotated[int, _width("neurons that remember")] = 384
    dropout: Annotated[float, _dropout("share of what is read out dropped")] = 0.1


@frozen(kw_only=True)
class TransformerOptions(Options):
    """A decoder of the Transformer, as GPT-2 has it (Vaswani et al. 2017).

    Example:
        >>> TransformerOptions(layers=2).layers
        2
    """

    layers: Annotated[int, Setting("layers of attention", minimum=1, maximum=64)] = 4
    embedding: Annotated[
        int,
        Setting(
            "numbers a character is embedded in; a multiple of twice the heads",
            minimum=2,
            maximum=4096,
        ),
    ] = 64
    heads: Annotated[int, Setting("heads of attention", minimum=1, maximum=64)] = 4
    dropout: Annotated[float, _dropout("share of what is added dropped")] = 0.0

    def __attrs_post_init__(self) -> None:
        """Checks that the heads share the embedding out, in pairs of numbers.

        Raises:
            OptionError: they do not.
        """
        super().__attrs_post_init__()
        if self.embedding % (2 * self.heads):
            raise OptionError(
                f"embedding is {self.embedding}: give a multiple of twice the heads, which are "
                f"{self.heads}"
            )


@frozen(kw_only=True)
class MixtureOptions(Options):
    """Several models mixed character by character; better than each of them.

    Example:
        >>> MixtureOptions(members="kneser_ney, gru(hidden=64)").members
        'kneser_ney, gru(hidden=64)'
    """

    members: Annotated[str, Setting("families, each with options of its own in brackets")] = (
        "kneser_ney(window=3), kneser_ney(window=5), kneser_ney(window=8), gru"
    )


describe(sys.modules[__name__])
