"""Report sections on the whole model: its samples, its bigrams, its mixture members."""

from collections.abc import Iterator

import numpy as np

from makemore.arrays import Float64s
from makemore.contexts.bigrams import bigrams
from makemore.contexts.table import Contexts
from makemore.corpus.control_characters import display_names
from makemore.corpus.lines import Lines
from makemore.estimator.makemore import MakeMore
from makemore.inference.model import CountModel, members
from makemore.models.linear import Linear
from makemore.plots import distributions, mixture, tables
from makemore.probe.examination import Examination
from makemore.probe.next_characters import mean_next_probs
from makemore.probe.tables import member_rows
from makemore.report.picture import DataSource, Picture, Section
from makemore.report.samples import Samples, character_shares, length_shares


def samples_section(maker: MakeMore, samples: Samples, lines: Lines | None) -> Section:
    """Return the section on lengths and characters of samples, compared with given lines."""
    vocabulary = maker.learned_.vocabulary
    source = _source(lines)
    comparison = "" if lines is None else " The dots are the lines given."
    pictures = [
        Picture(
            distributions.lengths(
                length_shares(samples.lines), None if lines is None else length_shares(lines)
            ),
            "Line lengths",
            f"Distribution over {len(samples.lines):,} sampled lines.{comparison}",
            source,
        ),
        Picture(
            distributions.characters(
                character_shares(samples.lines, vocabulary),
                None if lines is None else character_shares(lines, vocabulary),
                display_names(vocabulary)[: len(vocabulary)],
            ),
            "Character frequencies",
            f"Relative frequency of each character in the sampled lines.{comparison}",
            source,
        ),
    ]
    return Section("Statistics of the samples", pictures)


def bigram_section(maker: MakeMore, lines: Lines | None) -> Section:
    """Return the section on bigrams: their counts, and those that the model predicts."""
    vocabulary, model = maker.learned_.vocabulary, maker.learned_.model
    names, pictures = display_names(vocabulary)[: len(vocabulary)], []
    counts = _counts(maker, lines)
    if counts is not None:
        pictures.append(
            Picture(
                tables.bigram_table(counts, names),
                "Bigram counts",
                f"Row: a character; '{names[0]}' is the start of a line. Column: the next "
                f"character; '{names[0]}' is the end. Shades show the square root of the count, "
                "so that rare pairs are visible.",
                _source(lines),
                is_fixed_size=True,
            )
        )
    predicted, line_counts = None, None
    caption = "The model's probabilities of the next character, given the character of the row."
    if lines is not None:
        known_lines = maker.looked_at(lines)
        line_counts = bigrams(Contexts.of(known_lines, vocabulary, 1))
        predicted = mean_next_probs(model, Contexts.of(known_lines, vocabulary, model.window))
        caption = (
            "Relative frequencies of the next character in these lines, and the model's "
            "predictions, averaged over all contexts that end in the character of the row."
        )
    elif isinstance(model, Linear) and model.window == 1 and not model.label_count:
        predicted = model.W.softmax(dim=1).detach().cpu().numpy()
    if predicted is not None:
        pictures.append(
            Picture(
                tables.counted_and_learned(line_counts, predicted, names),
                "Bigram frequencies and predictions",
                caption,
                _source(lines),
                is_fixed_size=True,
            )
        )
    return Section("Bigrams", pictures)


def members_section(examination: Examination) -> Section:
    """Return the section on a mixture's members.

    It is empty if the model is not a mixture or was examined without lines.
    """
    if not examination.members:
        return Section("Mixture members")
    pictures = [
        Picture(
            mixture.member_weights(examination.members),
            "Contribution of each member",
            "The member's weight, the share of characters to which it gives the highest "
            "probability of all members, and how much the loss rises when it is removed. On the "
            "lines that they were fitted on, count models look better than they are.",
            DataSource.LINES,
        ),
        Picture(
            mixture.member_places(examination.members),
            "Contribution by position",
            "Mean share of each member in the mixture's probability of the next character, by "
            "position in the line.",
            DataSource.LINES,
        ),
    ]
    return Section("Mixture members", pictures, [member_rows(examination)])


def describe_omitted(
    examination: Examination, has_lines: bool, has_recording: bool
) -> Iterator[str]:
    """Yield a sentence for each group of pictures that is omitted, with what it needs."""
    if not has_lines:
        inside = "activations and their gradients, saturation, dead units, " * bool(
            examination.networks
        )
        members = "members of a mixture, " * any(name == "weights" for name in examination.tensors)
        yield (
            f"Comparison of samples with given lines, {inside}{members}bigram frequencies "
            "beside predictions: give lines, as in makemore report MODEL FILE."
        )
    if examination.networks and not has_recording:
        yield (
            "Learning curves, and updates and gradients during training: record the training, as "
            "in makemore fit FILE --report DIR."
        )


def _source(lines: Lines | None) -> DataSource:
    """Return the data needed by a picture that uses lines if they are given."""
    return DataSource.FILE if lines is None else DataSource.LINES


def _counts(maker: MakeMore, lines: Lines | None) -> Float64s | None:
    """Return the bigram counts (V, V) of the lines, else those of a count model, else None."""
    fitted = maker.learned_
    if lines is not None:
        known_lines = lines.select(np.flatnonzero(fitted.vocabulary.is_encodable(lines)))
        return bigrams(Contexts.of(known_lines, fitted.vocabulary, 1))
    models = members(fitted.model)
    count_models = [each for each in models if isinstance(each, CountModel) and each.is_complete]
    has_counts = count_models and not fitted.report.is_blend
    return bigrams(count_models[0].to_contexts()) if has_counts else None
