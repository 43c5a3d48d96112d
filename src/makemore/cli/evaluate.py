"""`makemore evaluate`: a model on lines it may not have seen, and the lines it makes."""

from statistics import median
from typing import TYPE_CHECKING, Any

from makemore.cli.console import say_unknown, table, write_json
from makemore.cli.learning import read
from makemore.cli.parameters import File, Flag, Natural, Source
from makemore.options.verbs import InputOptions

if TYPE_CHECKING:
    from makemore.evaluation import Classification, Evaluation, Variety
    from makemore.privacy import Exposure


def evaluate(
    model: str,
    file: File,
    *,
    samples: Natural = 1000,
    seed: Natural = 0,
    json: Flag = False,
    source: Source = InputOptions(),
) -> None:
    """Measure a model on lines it may not have seen.

    The loss comes with a 95 per cent interval, by resampling lines (each distinct row of a table
    with weights), and apart for lines that were learned and those that were not: a line of the
    list's own test part was not. Where lines have labels, it says how well they are told. Of a
    model that was fitted with --canaries it says how far it remembers single lines.

    Args:
        model: a file that fit wrote.
        file: lines to measure it on; - is standard input.
        samples: lines to draw, to see how many are distinct and new.
        seed: of the interval and of the lines drawn.
        json: print JSON.
    """
    from makemore.estimator import MakeMore

    maker, lines = MakeMore.load(model), read(file, source)
    found = maker.evaluate(lines, seed=seed)
    drawn = maker.variety(maker.sample(samples, seed=seed)) if samples > 0 else None
    exposed = maker.exposure(seed=seed)
    say_unknown(maker, lines, "they are left out")
    if json:
        write_json({**_as_json(found, drawn), "exposure": exposed and _exposure_json(exposed)})
        return
    print("\n".join(_loss_table(found)))
    if found.labels is not None:
        print()
        print("\n".join(_label_table(found.labels)))
    if drawn is not None:
        print()
        print("\n".join(_variety_table(drawn)))
    if exposed is not None:
        print()
        print("\n".join(_exposure_table(exposed)))


def _as_json(found: "Evaluation", drawn: "Variety | None") -> dict[str, Any]:
    """Everything measured."""
    from dataclasses import asdict

    loss = {
        name: part and {**asdict(part), "bits": part.bits, "perplexity": part.perplexity}
        for name, part in (("all", found.all), ("seen", found.seen), ("unseen", found.unseen))
    }
    labels = found.labels and asdict(found.labels)
    return {**loss, "unknown": found.unknown, "labels": labels, "samples": drawn and asdict(drawn)}


def _loss_table(found: "Evaluation") -> list[str]:
    """A row for all lines, those seen and those not."""
    rows = [("", "lines", "characters", "nats", "95 % interval", "bits", "perplexity")]
    for name, part in (("all", found.all), ("seen", found.seen), ("unseen", found.unseen)):
        if part is not None:
            interval = f"{part.low:.4f} to {part.high:.4f}"
            size = (f"{part.lines:,}", f"{part.characters:,.0f}", f"{part.nats:.4f}")
            rows.append((name, *size, interval, f"{part.bits:.4f}", f"{part.perplexity:.2f}"))
    return table(rows)


def _label_table(told: "Classification") -> list[str]:
    """How well labels are told, and how often they are right when told so surely."""
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
    """What lines drawn from the model are like."""
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


def _exposure_json(exposed: "Exposure") -> dict[str, Any]:
    """What is remembered of canaries, all in bits."""
    from makemore.privacy import CHANCE

    low, high = exposed.interval
    return {
        "canaries": len(exposed.bits),
        "mean": exposed.mean,
        "low": low,
        "high": high,
        "chance": CHANCE,
        "chance_high": exposed.chance,
        "remembered": exposed.is_remembered,
        "first_or_second": exposed.first,
        "bits": exposed.bits.tolist(),
        "errors": exposed.error.tolist(),
        "possible": exposed.largest.tolist(),
    }


def _exposure_table(exposed: "Exposure") -> list[str]:
    """What is remembered of canaries, in bits and in words."""
    from makemore.privacy import CHANCE

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
    """What an exposure comes to."""
    if not exposed.is_remembered:
        return "the model ranks them as if it had never seen them"
    one_in = f"2^{exposed.mean:.0f}"
    if exposed.mean < 40:
        one_in = f"about {float(f'{2**exposed.mean:.2g}'):,.0f}"
    so = f"it remembers them: likelier than all but one in {one_in} random lines"
    first = f"; {exposed.first:,} come first or second: who has the model can list them"
    return so + first if exposed.first else so
