"""Options of every family of models, in the order of the lessons."""

import sys
from typing import Annotated

from attrs import frozen

from makemore.errors import OptionError
from makemore.options.declaration import Options, Setting, describe
from makemore.options.pruning import parse_thresholds

Window = Annotated[
    int, Setting("number of preceding characters that the model sees", minimum=1, maximum=64)
]
Embedding = Annotated[int, Setting("size of the character embeddings", minimum=1, maximum=4096)]
Layers = Annotated[
    int, Setting("number of linear layers, including the last", minimum=1, maximum=64)
]


def _width(description: str) -> Setting:
    """The size of a layer."""
    return Setting(description, minimum=1, maximum=65536)


def _dropout(description: str) -> Setting:
    """A dropout rate."""
    return Setting(description, minimum=0, maximum=0.9)


@frozen(kw_only=True)
class CountOptions(Options):
    """The base of families that count windows."""

    window: Window


@frozen(kw_only=True)
class NgramOptions(CountOptions):
    """Counts with add-k smoothing; `window=1` is the counted bigram of the lectures.

    Example:
        >>> NgramOptions(window=1, add=0).window
        1
    """

    window: Window = 3
    add: Annotated[
        float,
        Setting(
            "constant added to every count; with 0 unseen characters are impossible",
            minimum=0,
            maximum=1e6,
        ),
    ] = 1.0


@frozen(kw_only=True)
class KneserNeyOptions(CountOptions):
    """Modified Kneser-Ney: counts that back off to shorter contexts; accurate without training.

    Example:
        >>> KneserNeyOptions(window=1).window
        1
    """

    window: Window = 5
    prune: Annotated[
        str,
        Setting(
            "drop n-grams that occur at most so often: a number for each length, such as 0,0,1; "
            "the last one holds for all longer ones"
        ),
    ] = "0"

    def __attrs_post_init__(self) -> None:
        """Check the numbers of `prune` too.

        Raises:
            OptionError: an option is invalid.
        """
        super().__attrs_post_init__()
        self.thresholds()

    def thresholds(self) -> tuple[int, ...]:
        """Return `prune` as window + 1 numbers; see `parse_thresholds`.

        Example:
            >>> KneserNeyOptions(window=3, prune="0,0,1").thresholds()
            (0, 0, 1, 1)
        """
        return parse_thresholds(self.prune, self.window + 1)


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
        Setting(
            "weight of the mean squared weight in the loss, which smooths the distribution",
            minimum=0,
            maximum=1e3,
        ),
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
    hidden: Annotated[int, _width("size of the hidden layer")] = 200


@frozen(kw_only=True)
class PlainMLPOptions(Options):
    """A deep MLP without normalisation: Linear - tanh, repeated.

    Example:
        >>> PlainMLPOptions(layers=3).layers
        3
    """

    window: Window = 3
    embedding: Embedding = 10
    hidden: Annotated[int, _width("size of each hidden layer")] = 100
    layers: Layers = 6
    dropout: Annotated[float, _dropout("dropout rate of the last hidden layer")] = 0.0


@frozen(kw_only=True)
class DeepMLPOptions(Options):
    """A deep MLP with batch normalisation: Linear - BatchNorm - tanh, repeated.

    Example:
        >>> DeepMLPOptions(layers=3).layers
        3
    """

    window: Window = 3
    embedding: Embedding = 10
    hidden: Annotated[int, _width("size of each hidden layer")] = 100
    layers: Layers = 6
    dropout: Annotated[float, _dropout("dropout rate of the last hidden layer")] = 0.0


@frozen(kw_only=True)
class ResNetOptions(Options):
    """A deep MLP with residual blocks (He et al. 2016).

    Example:
        >>> ResNetOptions(blocks=2).blocks
        2
    """

    window: Window = 3
    embedding: Embedding = 10
    hidden: Annotated[int, _width("size of each layer")] = 100
    blocks: Annotated[
        int, Setting("number of residual blocks of two layers", minimum=1, maximum=64)
    ] = 2
    dropout: Annotated[float, _dropout("dropout rate of the last hidden layer")] = 0.0


@frozen(kw_only=True)
class WaveNetOptions(Options):
    """Layers that fuse characters in pairs, then fours and eights (van den Oord et al. 2016).

    Example:
        >>> WaveNetOptions(window=16).window
        16
    """

    window: Window = 8
    embedding: Embedding = 24
    hidden: Annotated[int, _width("size of each layer")] = 128
    dropout: Annotated[float, _dropout("dropout rate of the last hidden layer")] = 0.0


@frozen(kw_only=True)
class BoWOptions(Options):
    """A causal bag of words: the mean of all preceding characters, and the last one.

    Example:
        >>> BoWOptions(hidden=32).hidden
        32
    """

    embedding: Embedding = 64
    hidden: Annotated[int, _width("size of the hidden layer")] = 256
    dropout: Annotated[
        float, _dropout("dropout rate of the mean embedding and of the hidden layer")
    ] = 0.0


StateDropout = Annotated[float, _dropout("dropout rate before the output layer")]
LearnedState = Annotated[bool, Setting("learn the state before the first character, not use zeros")]


@frozen(kw_only=True)
class RNNOptions(Options):
    """A simple recurrent network with tanh (Elman 1990).

    Example:
        >>> RNNOptions(hidden=32).hidden
        32
    """

    embedding: Embedding = 64
    hidden: Annotated[int, _width("size of the hidden state")] = 256
    dropout: StateDropout = 0.0
    learned_state: LearnedState = False


@frozen(kw_only=True)
class GatedOptions(Options):
    """The base of recurrent families with gates."""

    embedding: Embedding = 64
    hidden: Annotated[int, _width("size of the hidden state")] = 384
    dropout: StateDropout = 0.1
    learned_state: LearnedState = False


@frozen(kw_only=True)
class LSTMOptions(GatedOptions):
    """Long short-term memory (Hochreiter and Schmidhuber 1997).

    Example:
        >>> LSTMOptions(hidden=32).hidden
        32
    """


@frozen(kw_only=True)
class GRUOptions(GatedOptions):
    """A gated recurrent unit (Cho et al. 2014).

    Example:
        >>> GRUOptions(hidden=32).hidden
        32
    """


@frozen(kw_only=True)
class TransformerOptions(Options):
    """A decoder-only Transformer like GPT-2 (Vaswani et al. 2017).

    Example:
        >>> TransformerOptions(layers=2).layers
        2
    """

    layers: Annotated[int, Setting("number of layers", minimum=1, maximum=64)] = 4
    embedding: Annotated[
        int,
        Setting(
            "size of the character embeddings; a multiple of twice the number of heads",
            minimum=2,
            maximum=4096,
        ),
    ] = 64
    heads: Annotated[int, Setting("number of attention heads", minimum=1, maximum=64)] = 4
    dropout: Annotated[
        float, _dropout("dropout rate of the embeddings and of each residual branch")
    ] = 0.0

    def __attrs_post_init__(self) -> None:
        """Check that the embedding divides into pairs of numbers for each head.

        Raises:
            OptionError: the embedding is not a multiple of twice the number of heads.
        """
        super().__attrs_post_init__()
        if self.embedding % (2 * self.heads):
            raise OptionError(
                f"embedding is {self.embedding}: give a multiple of {2 * self.heads}, twice "
                "the number of heads"
            )


@frozen(kw_only=True)
class MixtureOptions(Options):
    """A mixture of several models, character by character; usually better than any one of them.

    Example:
        >>> MixtureOptions(members="kneser_ney, gru(hidden=64)").members
        'kneser_ney, gru(hidden=64)'
    """

    members: Annotated[str, Setting("families to mix, each with its options in brackets")] = (
        "kneser_ney(window=3), kneser_ney(window=5), kneser_ney(window=8), gru"
    )


describe(sys.modules[__name__])
