"""Report section on a network: its training, its weights, its layers."""

import unicodedata
from collections.abc import Iterator, Sequence

from makemore.plots import attention as attention_plots
from makemore.plots import curves, layers, norms
from makemore.plots import embedding as embedding_plots
from makemore.probe.examination import NetworkProbe
from makemore.probe.layers import Layers
from makemore.probe.projection import project_to_plane
from makemore.probe.recording import Curve
from makemore.probe.tables import activation_rows, norm_rows, weight_rows
from makemore.report.picture import DataSource, Picture, Section

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
        pictures += _activations(probe.layers)
        pictures += _weight_gradients(probe.layers)
    pictures += _norms(probe)
    rows = (activation_rows(probe), weight_rows(probe), norm_rows(probe))
    return Section(f"Network: {probe.name}", pictures, [each for each in rows if len(each) > 1])


def _training(curve: Curve, vocabulary_size: int) -> Iterator[Picture]:
    """Yield the pictures of the training."""
    source = DataSource.RECORDING
    yield Picture(
        curves.learning_curves(curve, vocabulary_size),
        "Learning curves",
        "The dev loss is computed at intervals, and the weights with the lowest dev loss are kept. "
        "A training loss that keeps falling while the dev loss rises means overfitting.",
        source,
    )
    if curve.updates:
        yield Picture(
            curves.ratios(curve.updates, "updates"),
            "Update-to-weight ratio",
            "Standard deviation of a step's update of a matrix, divided by that of its weights. "
            "About 1/1000 (-3) is a good value: far above it, training is unstable; far below it, "
            "the matrix hardly learns.",
            source,
        )
    if curve.gradients:
        yield Picture(
            curves.ratios(curve.gradients, "gradients"),
            "Gradient-to-data ratio during training",
            "The same ratio for the gradients, before the optimizer turns them into updates.",
            source,
        )
    if curve.flat:
        yield Picture(
            curves.saturation_curves(curve),
            "Saturation during training",
            "Share of each layer that is saturated (tanh, sigmoid) or inactive (relu and gelu, not "
            "above zero). Saturation at the very start means that the initial weights are too "
            "large.",
            source,
        )


def _weights(probe: NetworkProbe, names: Sequence[str]) -> Iterator[Picture]:
    """Yield the pictures that need the weights only."""
    vectors = getattr(probe.network, "C", None)
    if vectors is not None:
        symbols = [names[i] for i in probe.ids[: len(vectors)]]
        plane = project_to_plane(vectors.detach().cpu().numpy())
        limit_note = f", the first {embedding_plots.MAX_CHARACTERS} of {len(symbols):,}" * (
            len(symbols) > embedding_plots.MAX_CHARACTERS
        )
        projection = (
            "unprojected"
            if plane.shares is None
            else "projected onto the first two principal components"
        )
        yield Picture(
            embedding_plots.embedding(
                plane, symbols, [i for i, name in enumerate(symbols) if _is_vowel(name)]
            ),
            "Embedding",
            f"Embedding vector of each character{limit_note}, {projection}. Characters that are "
            "used alike tend to lie close together. Vowels are highlighted.",
            DataSource.FILE,
        )
    if probe.attention is not None and probe.line_ids is not None:
        inputs = [names[i] for i in probe.line_ids]
        limit_note = f" The first {attention_plots.MAX_POSITIONS} positions are shown." * (
            len(inputs) > attention_plots.MAX_POSITIONS
        )
        yield Picture(
            attention_plots.attention_maps(probe.attention, inputs),
            f"Attention along {''.join(inputs[1:])}",
            "Attention weights. Row: the position that predicts the next character, named by the "
            f"character just read. Column: the position attended to.{limit_note}",
            DataSource.FILE,
            is_fixed_size=True,
        )


def _activations(measured: Layers) -> Iterator[Picture]:
    """Yield the pictures of activations and their gradients on the given lines."""
    source = DataSource.LINES
    if measured.activations:
        yield Picture(
            layers.activation_histograms(measured.activations),
            "Activation histograms",
            "Outputs of each layer, once for each distinct context or chunk. Values at the ends "
            "of a tanh are saturated. A standard deviation that shrinks from layer to layer means "
            "that the initial weights are too small.",
            source,
        )
        yield Picture(
            layers.saturation_maps(measured.activations),
            "Saturated and dead units",
            "One column per unit, one row per context or chunk. Filled: |tanh| above 0.97 or a "
            "sigmoid as close to its ends, where almost no gradient passes; a relu not above "
            "zero, where none passes; a gelu not above zero, where little passes. A mark above a "
            "column shows a dead unit, which is filled in every row.",
            source,
        )
        yield Picture(
            layers.gradient_histograms(measured.activations),
            "Activation gradients",
            "Gradients of the loss with respect to each layer's outputs. If standard deviations "
            "differ much between layers, some layers learn and others do not.",
            source,
        )


def _weight_gradients(measured: Layers) -> Iterator[Picture]:
    """Yield the pictures of the gradients of the weights on the given lines."""
    source = DataSource.LINES
    yield Picture(
        layers.weight_gradient_histograms(measured.weights),
        "Weight gradients",
        "Gradients of the loss on these lines with respect to each matrix. They are small at the "
        "end of training.",
        source,
    )
    yield Picture(
        layers.gradient_to_data(measured.weights),
        "Gradient-to-data ratio",
        "Standard deviation of each tensor's gradient, divided by that of its values.",
        source,
    )


def _norms(probe: NetworkProbe) -> Iterator[Picture]:
    """Yield the pictures of batch normalisation."""
    if probe.norms:
        yield Picture(
            norms.running_against_calibrated(probe.norms),
            "Running and calibrated BatchNorm statistics",
            "Running averages, used outside training, against the statistics of all these lines. "
            "Away from the diagonal, the network normalises with the wrong statistics.",
            DataSource.LINES,
        )
    if probe.batch_losses is not None:
        yield Picture(
            norms.batch_mates(probe.batch_losses),
            "Effect of the other lines in a batch",
            "Training-mode loss of one line in twenty batches with different other lines. The "
            f"standard deviation, {probe.batch_losses.std():.3f}, comes only from the other "
            "lines.",
            DataSource.LINES,
        )


def _is_vowel(name: str) -> bool:
    """Return whether a character is a Latin vowel, with or without diacritics."""
    return len(name) == 1 and unicodedata.normalize("NFD", name)[0].lower() in _VOWELS
