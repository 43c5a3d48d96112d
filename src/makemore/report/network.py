"""Report section on a network: its training, its weights, its layers."""

import unicodedata
from collections.abc import Iterator, Sequence

from makemore.plots import attention as attention_plots
from makemore.plots import curves, layers, norms
from makemore.plots import embedding as embedding_plots
from makemore.probe.examination import NetworkProbe
from makemore.probe.projection import in_plane
from makemore.probe.recording import Curve
from makemore.probe.tables import activation_rows, norm_rows, weight_rows
from makemore.report.picture import Needs, Picture, Section

_VOWELS = "aeiou"


def network_section(probe: NetworkProbe, names: Sequence[str]) -> Section:
    """Return the report section on one network.

    Args:
        probe: result of examining the network.
        names: names of the model's ids.
    """
    pictures: list[Picture] = []
    if probe.curve is not None and probe.curve.loss:
        pictures += _training(probe.curve, probe.network.vocabulary_size)
    pictures += _weights(probe, names)
    if probe.layers is not None:
        pictures += _layers(probe)
    pictures += _norms(probe)
    rows = (activation_rows(probe), weight_rows(probe), norm_rows(probe))
    return Section(f"Inside: {probe.name}", pictures, [each for each in rows if len(each) > 1])


def _training(curve: Curve, vocabulary_size: int) -> Iterator[Picture]:
    """Yield the pictures of the training."""
    needs = Needs.RECORDING
    yield Picture(
        curves.learning_curves(curve, vocabulary_size),
        "Learning curves",
        "Now and then the dev lines are measured, and the weights that were best there are kept. "
        "Where the train curve goes on falling while dev rises, lines are learned by heart.",
        needs,
    )
    if curve.updates:
        yield Picture(
            curves.ratios(curve.updates, "updates"),
            "Updates beside the weights",
            "How large each step's change of a matrix is beside its numbers. About a thousandth, "
            "-3, is a good pace: far above it shakes, far below it hardly learns.",
            needs,
        )
    if curve.gradients:
        yield Picture(
            curves.ratios(curve.gradients, "gradients"),
            "Gradients beside the weights",
            "The same of the gradients, before the optimizer makes steps of them.",
            needs,
        )
    if curve.flat:
        yield Picture(
            curves.flat_over_time(curve),
            "Saturated or off, over time",
            "The share of each layer at the ends of a tanh or sigmoid, or not above the zero of a "
            "relu or gelu. Saturated at the very start, weights were drawn too large.",
            needs,
        )


def _weights(probe: NetworkProbe, names: Sequence[str]) -> Iterator[Picture]:
    """Yield the pictures that need the weights only."""
    vectors = getattr(probe.network, "C", None)
    if vectors is not None:
        own = [names[i] for i in probe.ids[: len(vectors)]]
        plane = in_plane(vectors.detach().cpu().numpy())
        few = f", the first {embedding_plots.MOST} of {len(own):,}" * (
            len(own) > embedding_plots.MOST
        )
        how = "as they are" if plane.shares is None else "along their two principal components"
        yield Picture(
            embedding_plots.embedding(
                plane, own, [i for i, name in enumerate(own) if _is_vowel(name)]
            ),
            "Embedding",
            f"The vector of each character{few}, {how}. Characters that are used alike come to "
            "stand near each other; vowels have a colour of their own.",
            Needs.FILE,
        )
    if probe.attention is not None and probe.read is not None:
        read = [names[i] for i in probe.read]
        part = f" The first {attention_plots.MOST} places are shown." * (
            len(read) > attention_plots.MOST
        )
        yield Picture(
            attention_plots.attention_maps(probe.attention, read),
            f"Attention along {''.join(read[1:])}",
            "Row: what has just been read. Column: the place that its next character is told from; "
            f"the stronger, the more.{part}",
            Needs.FILE,
            is_whole=True,
        )


def _layers(probe: NetworkProbe) -> Iterator[Picture]:
    """Yield the pictures of activations and gradients on the given lines."""
    assert probe.layers is not None, "there are lines"
    needs, found = Needs.LINES, probe.layers
    if found.activations:
        yield Picture(
            layers.activation_histograms(found.activations),
            "Activations",
            "What each layer gives, once for each distinct context or chunk. Values piled up at "
            "the ends of a tanh are saturated; a spread that shrinks from layer to layer says that "
            "weights were drawn too small.",
            needs,
        )
        yield Picture(
            layers.saturation_maps(found.activations),
            "Saturated or off",
            "Filled: |tanh| above 0.97 or a sigmoid as near its ends, where next to no gradient "
            "passes; of a relu what is not above zero, where none does, and of a gelu, where "
            "little does. A mark stands above a dead unit: filled from top to bottom.",
            needs,
        )
        yield Picture(
            layers.gradient_histograms(found.activations),
            "Gradients of activations",
            "What comes back to each layer. Where spreads differ much, some layers learn and "
            "others do not.",
            needs,
        )
    yield Picture(
        layers.weight_gradient_histograms(found.weights),
        "Gradients of weights",
        "What the loss on these lines asks of each matrix. At the end of a training it is small.",
        needs,
    )
    yield Picture(
        layers.gradient_to_data(found.weights),
        "Gradient to data",
        "The spread of each tensor's gradient beside that of its numbers.",
        needs,
    )


def _norms(probe: NetworkProbe) -> Iterator[Picture]:
    """Yield the pictures of batch normalisation."""
    if probe.norms:
        yield Picture(
            norms.running_against_calibrated(probe.norms),
            "Running and calibrated averages",
            "What normalisation uses outside training, against the same measured on these lines at "
            "once. Away from the line, the network works with the wrong averages.",
            Needs.LINES,
        )
    if probe.mates is not None:
        yield Picture(
            norms.batch_mates(probe.mates),
            "What batch-mates do",
            f"One line's loss in twenty batches with others: a spread of {probe.mates.std():.3f} "
            "that comes from nothing but the lines beside it, while training.",
            Needs.LINES,
        )


def _is_vowel(name: str) -> bool:
    """Return whether a character is a Latin vowel, with or without diacritics."""
    return len(name) == 1 and unicodedata.normalize("NFD", name)[0].lower() in _VOWELS
