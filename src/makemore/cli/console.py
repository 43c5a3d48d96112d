"""What every verb shares: results to standard output, everything else to standard error."""

import json
import math
import sys
from collections.abc import Callable, Iterable, Iterator
from contextlib import contextmanager
from typing import TYPE_CHECKING, Any

from makemore.corpus.visible import escaped, visible
from makemore.errors import OptionError

if TYPE_CHECKING:
    from makemore.corpus.lines import Lines
    from makemore.estimator.makemore import MakeMore

PARTS = ("train", "dev", "test")
_BATCH = 8192  # lines written at once


def say(sentence: str) -> None:
    """Tells the person something that is no result; whatever it names cannot steer a terminal."""
    print(_harmless(sentence), file=sys.stderr)


def say_unknown(maker: "MakeMore", lines: "Lines", so: str) -> None:
    """Says how many lines have what the list of a model had nowhere, and what that comes to."""
    unknown = int((~maker.learned_.vocabulary.knows(lines)).sum())
    if unknown:
        what = "a character or a label" if lines.labels is not None else "a character"
        say(f"{unknown:,} of {len(lines):,} lines have {what} that was nowhere in the list: {so}")


def write_lines(lines: Iterable[str]) -> int:
    """Prints lines as they come and says how many there were."""
    shown: Callable[[str], str] = _harmless if sys.stdout.isatty() else str
    written, batch = 0, []
    for line in lines:
        batch.append(shown(line))
        if len(batch) == _BATCH:
            sys.stdout.write("\n".join(batch) + "\n")
            written, batch = written + len(batch), []
    if batch:
        sys.stdout.write("\n".join(batch) + "\n")
    return written + len(batch)


def write_json(value: Any) -> None:
    """Prints a value as one line of JSON."""
    print(escaped(json.dumps(_finite(value), ensure_ascii=False)))


def _harmless(text: str) -> str:
    """Text that cannot steer a terminal; tabs stay, as they part columns."""
    return text if text.isprintable() else "\t".join(map(visible, text.split("\t")))


def _finite(value: Any) -> Any:
    """The value with null for what JSON has no number for."""
    if isinstance(value, dict):
        return {name: _finite(each) for name, each in value.items()}
    if isinstance(value, list):
        return [_finite(each) for each in value]
    return None if isinstance(value, float) and not math.isfinite(value) else value


def table(rows: Iterable[tuple[str, ...]]) -> list[str]:
    """Lays rows of text out in columns; what would steer a terminal is spelled out.

    Example:
        >>> table([("a", "1"), ("bcd", "2")])
        ['a    1', 'bcd  2']
    """
    rows = [tuple(map(visible, row)) for row in rows]
    widths = [max(map(len, column)) for column in zip(*rows, strict=True)]
    return [
        "  ".join(cell.ljust(width) for cell, width in zip(row, widths, strict=True)).rstrip()
        for row in rows
    ]


def losses_in_words(report: dict[str, Any]) -> str:
    """The losses on the parts that have lines.

    Example:
        >>> lines = {"train_lines": 9, "dev_lines": 3, "test_lines": 2}
        >>> losses_in_words({**lines, "train_loss": 1.5, "dev_loss": -1e-9, "test_loss": None})
        'in nats per character: train 1.5000, dev 0.0000, test infinite'
    """
    found = []
    for part in PARTS:
        if report[f"{part}_lines"]:
            loss = report[f"{part}_loss"]
            found.append(f"{part} infinite" if loss is None else f"{part} {loss:z.4f}")
    return f"in nats per character: {', '.join(found)}" if found else "not measured"


def steps_in_words(report: dict[str, Any]) -> str:
    """How long networks were trained.

    Example:
        >>> steps_in_words({"steps": 60, "stopped": 23, "of": 120})
        'stopped at step 23 of 120'
    """
    if "stopped" in report:
        return f"stopped at step {report['stopped']:,} of {report['of']:,}"
    return f"{report['steps']:,} steps"


def key_values(pairs: Iterable[str]) -> dict[str, str]:
    """Splits `name=value` pairs.

    Raises:
        OptionError: a pair has no equals sign.
    """
    found = {}
    for pair in pairs:
        name, sign, value = pair.partition("=")
        if not sign:
            raise OptionError(f"-O takes NAME=VALUE, such as -O window=4; {pair!r} has no =")
        found[name.strip().replace("-", "_")] = value.strip()
    return found


@contextmanager
def progress(what: str) -> Iterator[Callable[[Any], None] | None]:
    """Shows a bar for training steps on a terminal, and nothing elsewhere."""
    if not sys.stderr.isatty():
        yield None
        return
    from rich.console import Console
    from rich.progress import BarColumn, Progress, TextColumn, TimeRemainingColumn

    columns = (TextColumn("{task.description}"), BarColumn(), TimeRemainingColumn())
    with Progress(*columns, console=Console(stderr=True), transient=True) as bar:
        task, dev = bar.add_task(what, total=None), ""

        def on_step(step: Any) -> None:
            nonlocal dev
            dev = dev if step.dev_loss is None else f", dev {step.dev_loss:.4f}"
            bar.update(
                task,
                completed=step.number,
                total=step.steps,
                description=f"{what}: step {step.number}/{step.steps}, loss {step.loss:.4f}{dev}",
            )

        yield on_step
