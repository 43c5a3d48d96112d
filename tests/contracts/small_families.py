"""Small models of every family, fitted on ten lines, shared by the contract tests."""

from functools import cache

from makemore.contexts.table import Contexts
from makemore.corpus.lines import Lines
from makemore.corpus.vocabulary import Vocabulary
from makemore.options.families import (
    BoWOptions,
    DeepMLPOptions,
    GRUOptions,
    KneserNeyOptions,
    LinearOptions,
    LSTMOptions,
    MixtureOptions,
    MLPOptions,
    NgramOptions,
    PlainMLPOptions,
    ResNetOptions,
    RNNOptions,
    TransformerOptions,
    WaveNetOptions,
)
from makemore.registry import FAMILIES, parse_members

LINES = ["anna", "hannah", "johanna", "ben", "benno", "anna", "susanna", "otto", "bob", "ann"]
LABELS = ["F", "F", "F", "M", "M", "F", "F", "M", "M", "F"]
WEIGHTS = [3.0, 1.0, 2.5, 1.0, 4.0, 1.0, 2.0, 1.0, 1.0, 7.0]
SMALL = {
    "ngram": [NgramOptions(window=1), NgramOptions(window=3, add=0.5)],
    "kneser_ney": [KneserNeyOptions(window=2), KneserNeyOptions(window=5)],
    "linear": [LinearOptions(window=1), LinearOptions(window=3)],
    "mlp": [MLPOptions(window=3, embedding=4, hidden=16)],
    "plain_mlp": [PlainMLPOptions(window=3, embedding=4, hidden=16, layers=3)],
    "deep_mlp": [DeepMLPOptions(window=3, embedding=4, hidden=16, layers=3)],
    "resnet": [ResNetOptions(window=3, embedding=4, hidden=16)],
    "wavenet": [
        WaveNetOptions(window=8, embedding=4, hidden=16),
        WaveNetOptions(window=5, embedding=4, hidden=16),
    ],
    "bow": [BoWOptions(embedding=16, hidden=20)],
    "rnn": [RNNOptions(embedding=8, hidden=16)],
    "lstm": [LSTMOptions(embedding=8, hidden=16)],
    "gru": [GRUOptions(embedding=8, hidden=16)],
    "transformer": [TransformerOptions(layers=2, embedding=16, heads=2)],
    "mixture": [
        MixtureOptions(members="kneser_ney(window=3), mlp(window=2, hidden=16)"),
        MixtureOptions(members="kneser_ney(window=4), ngram, gru(embedding=8, hidden=16)"),
    ],
}
CASES = [(name, options) for name, several in SMALL.items() for options in several]
SMALL_FAMILIES = [(*case, is_labelled) for case in CASES for is_labelled in (False, True)]


def learn(name, options, lines, vocabulary, steps=30, seed=0):
    family = FAMILIES[name]
    model = family.build(options, len(vocabulary), len(vocabulary.labels))
    c = Contexts.of(lines, vocabulary, model.window)
    if family.fit_method == "counting":
        return model.count(c)
    if family.fit_method == "mixing":
        model.members = [
            learn(member.name, own, lines, vocabulary, steps, seed)
            for member, own in parse_members(options.members)
        ]
        return model.fit_weights(c)
    import torch

    from makemore.training.loop import Training, TrainOptions

    model.initialise(torch.Generator().manual_seed(seed))
    for _ in Training(model, TrainOptions(steps, family.rate, seed=seed)).run(c, None):
        pass
    return model


@cache
def fit_small(small_family):
    """Return a briefly trained model, its lines and its vocabulary; tests must not modify them."""
    name, options, is_labelled = small_family
    lines = Lines.from_strings(LINES, LABELS if is_labelled else None, WEIGHTS)
    vocabulary = Vocabulary.of(lines)
    return learn(name, options, lines, vocabulary), lines, vocabulary


def named(small_family):
    """Return the parametrisation id of a small family."""
    name, options, is_labelled = small_family
    return f"{name}-{getattr(options, 'window', 'prefix')}{'-labelled' if is_labelled else ''}"
