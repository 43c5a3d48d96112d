"""Drawing lines and printing them, as `make`, `demo` and `sample` do."""

from itertools import islice
from typing import TYPE_CHECKING

from makemore.cli.console import say, write_json, write_lines
from makemore.errors import ConstraintError
from makemore.options.verbs import SampleOptions

if TYPE_CHECKING:
    from makemore.estimator import MakeMore


def draw(
    maker: "MakeMore", n: int, how: SampleOptions, exclude: str | None = None, as_json: bool = False
) -> None:
    """Prints n lines, and says so if there were fewer.

    Raises:
        ConstraintError: there was none.
    """
    excluded: list[str] = []
    if exclude is not None:
        from makemore.corpus.reading import read_lines

        excluded = read_lines(exclude).to_list()
    lines = islice(maker.stream(exclude=excluded, ahead=n, **how.to_dict()), n)
    written = 0
    if as_json:
        for written, line in enumerate(lines, 1):  # noqa: B007  counted for below
            write_json({"line": line})
    else:
        written = write_lines(lines)
    if n and not written:
        raise ConstraintError(
            f"no line was found in {how.patience:,} draws that is what was asked for: ask for less"
        )
    if written < n:
        say(f"{written:,} of {n:,} lines: no more were found in {how.patience:,} further draws")
