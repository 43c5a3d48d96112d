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
from makemore.report.picture import Needs, Picture, Section
from makemore.report.samples import Samples, character_shares, length_shares


def samples_section(maker: MakeMore, samples: Samples, lines: Lines | None) -> Section:
    """Return the section on lengths and characters of samples, compared with given lines."""
    vocabulary = maker.learned_.vocabulary
    needs = _needs(lines)
    beside = (
        "" if lines is None else " Where bars and dots part, they are not like the lines given."
    )
    pictures = [
        Picture(
            distributions.lengths(
                length_shares(samples.lines), None if lines is None else length_shares(lines)
            ),
            "How long lines are",
            f"Of {len(samples.lines):,} lines made.{beside}",
            needs,
        ),
        Picture(
            distributions.characters(
                character_shares(samples.lines, vocabulary),
                None if lines is None else character_shares(lines, vocabulary),
                display_names(vocabulary)[: len(vocabulary)],
            ),
            "What they are made of",
            f"How often each character stands in them.{beside}",
            needs,
        ),
    ]
    return Section("Lines made, all together", pictures)


def bigram_section(maker: MakeMore, lines: Lines | None) -> Section:
    """Return the section on bigrams: counted ones, and those that the model predicts."""
    vocabulary, model = maker.learned_.vocabulary, maker.learned_.model
    names, pictures = display_names(vocabulary)[: len(vocabulary)], []
    counts = _counts(maker, lines)
    if counts is not None:
        pictures.append(
            Picture(
                tables.bigram_table(counts, names),
                "What follows what, counted",
                f"Row: a character, {names[0]} for the start of a line. Column: what followed it, "
                f"how often, {names[0]} for the end. Shades are square roots, so that rare pairs "
                "can be seen.",
                _needs(lines),
                is_whole=True,
            )
        )
    learned, few = None, None
    if lines is not None:
        known = maker.looked_at(lines)
        few = bigrams(Contexts.of(known, vocabulary, 1))
        learned = mean_next_probs(model, Contexts.of(known, vocabulary, model.window))
    elif isinstance(model, Linear) and model.window == 1 and not model.label_count:
        learned = model.W.softmax(dim=1).detach().cpu().numpy()
    if learned is not None:
        pictures.append(
            Picture(
                tables.counted_and_learned(few, learned, names),
                "Counted, and learned",
                "What follows each character in these lines, and what the model says does, on "
                "average over what came before.",
                _needs(lines),
                is_whole=True,
            )
        )
    return Section("What follows what", pictures)


def members_section(found: Examination) -> Section:
    """Return the section on a mixture's members.

    It is empty if the model is not a mixture or was examined without lines.
    """
    if not found.members:
        return Section("The mixture")
    pictures = [
        Picture(
            mixture.member_weights(found.members),
            "What each member is good for",
            "Its weight, the share of characters to which it gives more than the others do, and "
            "how much the loss rises when it is left out. On lines that they have counted, counts "
            "look better than they are.",
            Needs.LINES,
        ),
        Picture(
            mixture.member_places(found.members),
            "Where each member helps",
            "How much of the probability of what follows is each member's, place by place.",
            Needs.LINES,
        ),
    ]
    return Section("The mixture", pictures, [member_rows(found)])


def missing(found: Examination, has_lines: bool, has_curves: bool) -> Iterator[str]:
    """Yield sentences that say what is not shown and what it needs."""
    if not has_lines:
        inside = "activations and their gradients, saturation, dead units, " * bool(found.networks)
        members = "members of a mixture, " * any(name == "weights" for name in found.tensors)
        yield (
            f"Lines made beside others, {inside}{members}counts beside what is learned: give "
            "lines, as in makemore report MODEL FILE."
        )
    if found.networks and not has_curves:
        yield (
            "Learning curves, and updates and gradients over time: record the training, as in "
            "makemore fit FILE --report FOLDER."
        )


def _needs(lines: Lines | None) -> Needs:
    """Return the data needed by a picture that uses lines if they are given."""
    return Needs.FILE if lines is None else Needs.LINES


def _counts(maker: MakeMore, lines: Lines | None) -> Float64s | None:
    """Return the bigram counts (V, V) of the lines, else those of a count model, else None."""
    learned = maker.learned_
    if lines is not None:
        known = lines.select(np.flatnonzero(learned.vocabulary.is_encodable(lines)))
        return bigrams(Contexts.of(known, learned.vocabulary, 1))
    counted = [member for member in members(learned.model) if isinstance(member, CountModel)]
    return bigrams(counted[0].counted()) if counted and not learned.report.is_blend else None
