"""`makemore evaluate`: loss on given lines, classification, samples, memorisation."""

import math
from dataclasses import asdict
from statistics import median
from typing import TYPE_CHECKING

from makemore.cli.console import Json, format_table, print_message, warn_about_unknown, write_json
from makemore.cli.parameters import File, Flag, Natural, Source
from makemore.cli.reading import read
from makemore.errors import DataError
from makemore.options.verbs import InputOptions

if TYPE_CHECKING:
    from makemore.corpus.lines import Lines
    from makemore.estimator.makemore import MakeMore
    from makemore.evaluation.exposure import Exposure
    from makemore.evaluation.metrics import Classification, Evaluation, Loss, Variety
    from makemore.evaluation.nearest import Nearest


def evaluate(
    model: str,
    *files: File,
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
    line of sampled lines and of unseen lines.

    For example: makemore evaluate names.model more.txt

    Args:
        model: model file written by fit.
        files: lines to evaluate on: files or folders; - reads standard input.
        samples: number of lines to sample, to count distinct and new ones.
        seed: random seed of the intervals and the sampled lines.
        json: print JSON.
    """
    from makemore.estimator.makemore import MakeMore

    maker, lines = MakeMore.load(model), read(files, source)
    evaluation = maker.evaluate(lines, seed=seed)
    sampled = maker.sample(samples, seed=seed) if samples > 0 else []
    variety = maker.variety(sampled) if sampled else None
    warn_about_unknown(maker, lines, "they are left out")
    nearest = _measure_nearest(maker, lines, sampled) if sampled else None
    exposure = maker.exposure(seed=seed)
    if json:
        nearest_json = None if nearest is None else asdict(nearest)
        exposure_json = None if exposure is None else _exposure_json(exposure)
        results = _evaluation_json(evaluation, variety)
        write_json({**results, "nearest": nearest_json, "exposure": exposure_json})
        return
    print("\n".join(_loss_table(evaluation)))
    if evaluation.labels is not None:
        print()
        print("\n".join(_label_table(evaluation.labels)))
    if variety is not None:
        print()
        print("\n".join(_variety_table(variety)))
    if nearest is not None:
        print()
        print("\n".join(_nearest_table(nearest)))
    if exposure is not None:
        print()
        print("\n".join(_exposure_table(exposure)))


def _evaluation_json(evaluation: "Evaluation", variety: "Variety | None") -> dict[str, Json]:
    """Return losses, classification metrics and sample statistics as JSON."""
    loss = {
        name: None
        if part is None
        else {**asdict(part), "bits": part.bits, "perplexity": part.perplexity}
        for name, part in _losses(evaluation)
    }
    return {
        **loss,
        "unknown": evaluation.unknown,
        "labels": None if evaluation.labels is None else asdict(evaluation.labels),
        "samples": None if variety is None else asdict(variety),
    }


def _losses(evaluation: "Evaluation") -> "list[tuple[str, Loss | None]]":
    """Return the losses on all, seen and unseen lines, with their names."""
    return [("all", evaluation.all), ("seen", evaluation.seen), ("unseen", evaluation.unseen)]


def _loss_table(evaluation: "Evaluation") -> list[str]:
    """Return a table with a row each for all, seen and unseen lines."""
    rows = [("", "lines", "characters", "nats", "95 % interval", "bits", "perplexity")]
    for name, part in _losses(evaluation):
        if part is not None:
            interval = f"{part.low:.4f} to {part.high:.4f}"
            size = (f"{part.lines:,}", f"{part.characters:,.0f}", f"{part.nats:.4f}")
            rows.append((name, *size, interval, f"{part.bits:.4f}", f"{part.perplexity:.2f}"))
    return format_table(rows)


def _label_table(classification: "Classification") -> list[str]:
    """Return a table of the accuracy of predicted labels, and its calibration by confidence."""
    split_name = {True: "seen", False: "unseen", None: "seen or unseen"}[classification.learned]
    interval = f"95 % interval {classification.low:.1%} to {classification.high:.1%}"
    rows = [
        (f"classified lines ({split_name})", f"{classification.lines:,}"),
        ("accuracy", f"{classification.accuracy:.1%}, {interval}"),
        ("accuracy of the most frequent label", f"{classification.commonest:.1%}"),
        ("log loss", f"{classification.log_loss:.4f} nats"),
        ("expected calibration error", f"{classification.calibration_error:.1%}"),
    ]
    for each in classification.bins:
        confidence = f"mean confidence {each.confidence:.1%}"
        rows.append((confidence, f"accuracy {each.accuracy:.1%}, {each.share:.1%} of the lines"))
    return format_table(rows)


def _variety_table(variety: "Variety") -> list[str]:
    """Return a table of statistics of sampled lines."""
    new = "unknown" if variety.new is None else f"{variety.new:.1%}"
    return format_table(
        [
            ("sampled lines", f"{variety.lines:,}"),
            ("distinct", f"{variety.distinct:.1%}"),
            ("new", new),
            (
                "length in characters",
                f"{variety.shortest} to {variety.longest}, mean {variety.mean_length:.2f}",
            ),
        ]
    )


def _measure_nearest(maker: "MakeMore", lines: "Lines", sampled: list[str]) -> "Nearest | None":
    """Return the nearest-line distances; print the reason if they cannot be measured."""
    try:
        return maker.nearest(lines, sampled)
    except DataError as error:
        print_message(str(error))
        return None


def _nearest_table(nearest: "Nearest") -> list[str]:
    """Return a table of distances from sampled and from unseen lines to the nearest learned one."""
    sampled, unseen = nearest.made, nearest.unseen
    total = "" if nearest.learned == nearest.of else f" of {nearest.of:,}"
    rows = [
        ("edit distance to the nearest learned line", "sampled lines", "unseen lines"),
        ("lines compared", f"{sampled.lines:,}", f"{unseen.lines:,}"),
    ]
    bin_names = ("0 (a learned line)", "1", "2", "3 or more")
    for bin_name, *shares in zip(bin_names, sampled.shares, unseen.shares, strict=True):
        first, second = (f"{share:.1%}" for share in shares)
        rows.append((bin_name, first, second))
    rows.append(("mean without distance 0", f"{sampled.mean:.2f}", f"{unseen.mean:.2f}"))
    summary = f"compared with {nearest.learned:,}{total} learned lines{_describe_nearest(nearest)}"
    return [*format_table(rows), summary]


def _describe_nearest(nearest: "Nearest") -> str:
    """Return the conclusion from the distances."""
    if not math.isfinite(nearest.low):  # the mean is of fewer than two lines
        return ""
    interval = f"95 % interval {nearest.low:+.2f} to {nearest.high:+.2f}"
    difference = f"difference {nearest.difference:+.2f} characters, {interval}"
    if nearest.high < 0:
        return (
            f"; new sampled lines are nearer to them than unseen lines ({difference}): the model "
            "repeats learned lines with small changes"
        )
    comparison = "farther from them than" if nearest.low > 0 else "as far from them as"
    return f"; new sampled lines are {comparison} unseen lines ({difference})"


def _exposure_json(exposure: "Exposure") -> dict[str, Json]:
    """Return the exposure of canaries as JSON, in bits."""
    from makemore.evaluation.exposure import CHANCE

    low, high = exposure.interval
    return {
        "canaries": len(exposure.bits),
        "mean": exposure.mean,
        "low": low,
        "high": high,
        "chance": CHANCE,
        "chance_high": exposure.chance,
        "remembered": exposure.is_memorised,
        "first_or_second": exposure.first,
        "bits": exposure.bits.tolist(),
        "errors": exposure.error.tolist(),
        "possible": exposure.largest.tolist(),
    }


def _exposure_table(exposure: "Exposure") -> list[str]:
    """Return a table of the exposure of canaries, in bits and in words."""
    from makemore.evaluation.exposure import CHANCE

    bits, count = exposure.bits.tolist(), len(exposure.bits)
    quantiles = ", ".join(f"{value:.2f}" for value in (min(bits), median(bits), max(bits)))
    interval = ", 95 % interval {:.2f} to {:.2f}".format(*exposure.interval) if count > 1 else ""
    return format_table(
        [
            ("canaries (random lines learned)", f"{count:,}"),
            ("mean exposure", f"{exposure.mean:.2f} bits{interval}"),
            (
                "minimum, median, maximum",
                f"{quantiles}; standard errors up to {exposure.error.max():.2f}",
            ),
            (
                "mean exposure without memorisation",
                f"{CHANCE:.2f} bits expected, rarely above {exposure.chance:.2f}",
            ),
            ("maximum possible exposure", f"{exposure.largest.max():.2f} bits"),
            ("conclusion", _describe_exposure(exposure)),
        ]
    )


def _describe_exposure(exposure: "Exposure") -> str:
    """Describe in words how much the model memorises of the canaries."""
    if not exposure.is_memorised:
        return "no memorisation measured: the canaries rank like random lines that are not learned"
    one_in = f"2^{exposure.mean:.0f}"
    if exposure.mean < 40:
        one_in = f"about {float(f'{2**exposure.mean:.2g}'):,.0f}"
    summary = f"memorised: the canaries are more probable than all but one in {one_in} random lines"
    first = f"; {exposure.first:,} rank first or second: anyone with the model can list them"
    return summary + first if exposure.first else summary
