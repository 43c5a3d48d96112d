"""`makemore evaluate`: a model on lines it may not have seen, and the lines it makes."""

from typing import TYPE_CHECKING, Any

from makemore.cli.console import say_unknown, table, write_json
from makemore.cli.learning import read
from makemore.cli.parameters import File, Flag, Natural, Source
from makemore.options.verbs import InputOptions

if TYPE_CHECKING:
    from makemore.evaluation import Classification, Evaluation, Variety


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
    list's own test part was not. Where lines have labels, it says how well they are told.

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
    say_unknown(maker, lines, "they are left out")
    if json:
        write_json(_as_json(found, drawn))
        return
    print("\n".join(_loss_table(found)))
    if found.labels is not None:
        print()
        print("\n".join(_label_table(found.labels)))
    if drawn is not None:
        print()
        print("\n".join(_variety_table(drawn)))


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
