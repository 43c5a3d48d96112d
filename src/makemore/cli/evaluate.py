"""`makemore evaluate`: a model on lines it may not have seen, and the lines it makes."""

from typing import TYPE_CHECKING, Any

from makemore.cli.console import say, table, write_json
from makemore.cli.learning import read
from makemore.cli.parameters import File, Flag, Natural, Source
from makemore.options.verbs import InputOptions

if TYPE_CHECKING:
    from makemore.evaluation import Evaluation, Variety


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
    with weights), and apart for lines that were in the list and those that were not.

    Args:
        model: a file that fit wrote.
        file: lines to measure it on; - is standard input.
        samples: lines to draw, to see how many are distinct and new.
        seed: of the interval and of the lines drawn.
        json: print JSON.
    """
    from makemore.estimator import MakeMore

    maker, lines = MakeMore.load(model), read(file, source)
    found = maker.evaluate(lines, seed)
    drawn = maker.variety(maker.sample(samples, seed=seed)) if samples > 0 else None
    if found.unknown:
        say(f"{found.unknown:,} lines left out: they have a character that was nowhere in the list")
    if json:
        write_json(_as_json(found, drawn))
        return
    print("\n".join(_loss_table(found)))
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
    return {**loss, "unknown": found.unknown, "samples": drawn and asdict(drawn)}


def _loss_table(found: "Evaluation") -> list[str]:
    """A row for all lines, those seen and those not."""
    rows = [("", "lines", "characters", "nats", "95 % interval", "bits", "perplexity")]
    for name, part in (("all", found.all), ("seen", found.seen), ("unseen", found.unseen)):
        if part is not None:
            interval = f"{part.low:.4f} to {part.high:.4f}"
            size = (f"{part.lines:,}", f"{part.characters:,.0f}", f"{part.nats:.4f}")
            rows.append((name, *size, interval, f"{part.bits:.4f}", f"{part.perplexity:.2f}"))
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
