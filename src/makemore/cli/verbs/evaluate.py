"""`makemore evaluate`: loss on given lines, classification, samples, memorisation."""

import math
from dataclasses import asdict
from statistics import median
from typing import TYPE_CHECKING

from makemore.cli.console import Json, say, say_unknown, table, write_json
from makemore.cli.parameters import File, Flag, Natural, Source
from makemore.cli.reading import read
from makemore.errors import DataError
from makemore.options.verbs import InputOptions

if TYPE_CHECKING:
    from makemore.corpus.lines import Lines
    from makemore.estimator.makemore import MakeMore
    from makemore.evaluation.exposure import Exposure
    from makemore.evaluation.metrics import Classification, Evaluation, Variety
    from makemore.evaluation.nearest import Nearest


def evaluate(
    model: str,
    file: File,
    *,
    samples: Natural = 1000,
    seed: Natural = 0,
    json: Flag = False,
    source: Source = InputOptions(),
) -> None:
    """Evaluate a model on lines it may not have seen.

    Print the loss with a 95 % confidence interval from resampled lines (distinct rows of a table
    with weights), also separately for lines that the model was fitted on and lines that it was not;
    the test split of its list counts as unseen. If lines have labels, print how well labels are
    predicted. If the model was fitted with --canaries, print how much it memorises single lines. If
    some lines were learned and others were not, compare the edit distance to the nearest learned
    line of sampled lines and of unseen lines. For example: makemore evaluate names.model
    more.txt

    Args:
        model: model file written by fit.
        file: lines to evaluate on; - reads standard input.
        samples: number of lines to sample, to count distinct and new ones.
        seed: random seed of the intervals and the sampled lines.
        json: print JSON.
    """
    from makemore.estimator.makemore import MakeMore

    maker, lines = MakeMore.load(model), read(file, source)
    found = maker.evaluate(lines, seed=seed)
    made = maker.sample(samples, seed=seed) if samples > 0 else []
    drawn = maker.variety(made) if made else None
    say_unknown(maker, lines, "they are left out")
    near = _nearest(maker, lines, made) if made else None
    exposed = maker.exposure(seed=seed)
    if json:
        near_json = None if near is None else asdict(near)
        exposed_json = None if exposed is None else _exposure_json(exposed)
        write_json({**_as_json(found, drawn), "nearest": near_json, "exposure": exposed_json})
        return
    print("\n".join(_loss_table(found)))
    if found.labels is not None:
        print()
        print("\n".join(_label_table(found.labels)))
    if drawn is not None:
        print()
        print("\n".join(_variety_table(drawn)))
    if near is not None:
        print()
        print("\n".join(_nearest_table(near)))
    if exposed is not None:
        print()
        print("\n".join(_exposure_table(exposed)))


def _as_json(found: "Evaluation", drawn: "Variety | None") -> dict[str, Json]:
    """Return losses, classification metrics and sample statistics as JSON."""
    loss = {
        name: None
        if part is None
        else {**asdict(part), "bits": part.bits, "perplexity": part.perplexity}
        for name, part in (("all", found.all), ("seen", found.seen), ("unseen", found.unseen))
    }
    return {
        **loss,
        "unknown": found.unknown,
        "labels": None if found.labels is None else asdict(found.labels),
        "samples": None if drawn is None else asdict(drawn),
    }


def _loss_table(found: "Evaluation") -> list[str]:
    """Return a table with a row each for all, seen and unseen lines."""
    rows = [("", "lines", "characters", "nats", "95 % interval", "bits", "perplexity")]
    for name, part in (("all", found.all), ("seen", found.seen), ("unseen", found.unseen)):
        if part is not None:
            interval = f"{part.low:.4f} to {part.high:.4f}"
            size = (f"{part.lines:,}", f"{part.characters:,.0f}", f"{part.nats:.4f}")
            rows.append((name, *size, interval, f"{part.bits:.4f}", f"{part.perplexity:.2f}"))
    return table(rows)


def _label_table(told: "Classification") -> list[str]:
    """Return a table of the accuracy of predicted labels, and its calibration by confidence."""
    learned = {True: "learned", False: "never learned", None: "learned or not"}[told.learned]
    rows = [
        (f"lines {learned} whose label is told", f"{told.lines:,}"),
        ("right", f"{told.accuracy:.1%}, 95 % interval {told.low:.1%} to {told.high:.1%}"),
        ("right if the commonest were always told", f"{told.commonest:.1%}"),
        ("log loss", f"{told.log_loss:.4f} nats"),
        ("calibration error", f"{told.calibration_error:.1%}"),
    ]
    for part in told.bins:
        sure = f"told with {part.confidence:.1%} on average"
        rows.append((sure, f"right {part.accuracy:.1%}, {part.share:.1%} of the lines"))
    return table(rows)


def _variety_table(drawn: "Variety") -> list[str]:
    """Return a table of statistics of sampled lines."""
    new = "not known" if drawn.new is None else f"{drawn.new:.1%}"
    return table(
        [
            ("lines drawn", f"{drawn.lines:,}"),
            ("distinct", f"{drawn.distinct:.1%}"),
            ("new", new),
            (
                "characters",
                f"{drawn.shortest} to {drawn.longest}, {drawn.mean_length:.2f} on average",
            ),
        ]
    )


def _nearest(maker: "MakeMore", lines: "Lines", made: list[str]) -> "Nearest | None":
    """Return the nearest-line distances; print the reason if they cannot be measured."""
    try:
        return maker.nearest(lines, made)
    except DataError as error:
        say(str(error))
        return None


def _nearest_table(near: "Nearest") -> list[str]:
    """Return a table of distances from sampled and from unseen lines to the nearest learned one."""
    made, unseen = near.made, near.unseen
    thinned = "" if near.learned == near.of else f" of {near.of:,}"
    rows = [
        ("characters to the nearest", "lines made", "lines never learned"),
        ("compared", f"{made.lines:,}", f"{unseen.lines:,}"),
    ]
    places = ("0, itself a learned line", "1", "2", "3 or more")
    for place, mine, other in zip(places, made.shares, unseen.shares, strict=True):
        rows.append((place, f"{mine:.1%}", f"{other:.1%}"))
    rows.append(("mean without 0", f"{made.mean:.2f}", f"{unseen.mean:.2f}"))
    so = f"among {near.learned:,}{thinned} learned lines{_nearest_in_words(near)}"
    return [*table(rows), so]


def _nearest_in_words(near: "Nearest") -> str:
    """Return the conclusion from the distances."""
    if not math.isfinite(near.low):  # the mean is of fewer than two lines
        return ""
    interval = (
        f"{near.difference:+.2f} characters, 95 % interval {near.low:+.2f} to {near.high:+.2f}"
    )
    if near.high < 0:
        return (
            f"; new lines are nearer to them than others ({interval}): it repeats what it learned"
        )
    how = "farther from them than" if near.low > 0 else "as far from them as"
    return f"; new lines are {how} others ({interval})"


def _exposure_json(exposed: "Exposure") -> dict[str, Json]:
    """Return the exposure of canaries as JSON, in bits."""
    from makemore.evaluation.exposure import CHANCE

    low, high = exposed.interval
    return {
        "canaries": len(exposed.bits),
        "mean": exposed.mean,
        "low": low,
        "high": high,
        "chance": CHANCE,
        "chance_high": exposed.chance,
        "remembered": exposed.is_memorised,
        "first_or_second": exposed.first,
        "bits": exposed.bits.tolist(),
        "errors": exposed.error.tolist(),
        "possible": exposed.largest.tolist(),
    }


def _exposure_table(exposed: "Exposure") -> list[str]:
    """Return a table of the exposure of canaries, in bits and in words."""
    from makemore.evaluation.exposure import CHANCE

    bits, count = exposed.bits.tolist(), len(exposed.bits)
    each = ", ".join(f"{which:.2f}" for which in (min(bits), median(bits), max(bits)))
    interval = ", 95 % interval {:.2f} to {:.2f}".format(*exposed.interval) if count > 1 else ""
    return table(
        [
            ("random lines learned", f"{count:,}"),
            ("exposure on average", f"{exposed.mean:.2f} bits{interval}"),
            ("least, median, most", f"{each}; standard errors up to {exposed.error.max():.2f}"),
            (
                "if never learned",
                f"{CHANCE:.2f} bits on average, rarely above {exposed.chance:.2f}",
            ),
            ("if it came first", f"{exposed.largest.max():.2f} bits"),
            ("so", _exposure_in_words(exposed)),
        ]
    )


def _exposure_in_words(exposed: "Exposure") -> str:
    """Return the conclusion from the exposure."""
    if not exposed.is_memorised:
        return "the model ranks them as if it had never seen them"
    one_in = f"2^{exposed.mean:.0f}"
    if exposed.mean < 40:
        one_in = f"about {float(f'{2**exposed.mean:.2g}'):,.0f}"
    so = f"it remembers them: likelier than all but one in {one_in} random lines"
    first = f"; {exposed.first:,} come first or second: who has the model can list them"
    return so + first if exposed.first else so
