"""The options of the verbs that have more than a file or two, each declared once."""

import re

from makemore.errors import OptionError
from makemore.options.declaration import Options, options, setting

SPLITS = ("digest", "lecture", "clean")


@options
class SampleOptions(Options):
    """Which lines to draw, and how."""

    prefix: str = setting("", "how every line starts")
    label: str | None = setting(None, "the label of every line, for a list with labels")
    max_length: int | None = setting(None, "longest line; as long as the longest read if absent", 1)
    new: bool = setting(False, "leave out lines of the list that was learned")
    distinct: bool = setting(False, "never the same line twice")
    temperature: float = setting(1.0, "below 1 plays safe, above 1 dares", 1e-3, 1e3)
    top_k: int | None = setting(None, "only the k likeliest characters at each place", 1)
    top_p: float | None = setting(None, "only the likeliest characters that make up this share", 0, 1)
    seed: int = setting(0, "the same seed gives the same lines", 0, 2**63 - 1)
    patience: int = setting(1_000_000, "lines drawn in vain, in a row, before giving up", 1)


@options
class FitOptions(Options):
    """How a list is learned."""

    budget: str | float | None = setting(None, "time to train, as 30s, 2m or seconds")
    steps: int | None = setting(None, "steps to train, instead of a budget", 1)
    rate: float | None = setting(None, "highest learning rate; the family's own if absent", 0, 1e3)
    weight_decay: float | None = setting(None, "weight decay; the family's own if absent", 0, 1e3)
    batch: int | None = setting(None, "lines in each step; the whole list if absent", 1)
    split: str = setting("digest", "how lines are set apart", choices=SPLITS)
    test: float = setting(0.0, "share of lines only reported on, for the digest split", 0, 0.9)
    seed: int = setting(0, "the same seed gives the same model", 0, 2**63 - 1)
    digests: bool = setting(True, "keep a digest of every line, which --new needs")

    def seconds(self) -> float:
        """The budget in seconds; 30 if neither budget nor steps are given.

        Raises:
            OptionError: it is no time.
        """
        if self.budget is None:
            return 30.0
        found = re.fullmatch(r"\s*(\d+(?:\.\d+)?)\s*([smh]?)\s*", str(self.budget))
        seconds = float(found[1]) * {"": 1, "s": 1, "m": 60, "h": 3600}[found[2]] if found else 0.0
        if seconds <= 0:
            raise OptionError(f"budget is {self.budget!r}: give a time such as 30s, 2m or 1.5h")
        return seconds


@options
class InputOptions(Options):
    """How a list is read."""

    column: str | None = setting(None, "column of a CSV or TSV table, by name or number")
    weight_column: str | None = setting(None, "column with how many lines each line stands for")
    label_column: str | None = setting(None, "column with a label for each line")
    encoding: str = setting("utf-8", "encoding of the text")
