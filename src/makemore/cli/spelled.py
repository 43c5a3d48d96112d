"""Characters with their log-likelihoods: the improbable ones coloured on a terminal."""

import sys
from collections.abc import Sequence

from makemore.corpus.visible import shown
from makemore.evaluation.scoring import surprise

Piece = tuple[str, float]

END = "end"  # what stands for the end of a line
_STYLES = ("", "yellow", "magenta", "bold red")  # of the levels of surprise


def spelled(line: str, log_probs: Sequence[float]) -> list[Piece]:
    """Gives each character of a line, and its end, with its log-likelihood.

    Example:
        >>> spelled("a b", [-1.0, -7.25, -2.5, -0.125])
        [('a -1.00', -1.0), ('  _ -7.25', -7.25), ('  b -2.50', -2.5), ('  end -0.12', -0.125)]
    """
    names = [*map(shown, line), END]
    texts = [f"{name} {nats:.2f}" for name, nats in zip(names, log_probs, strict=True)]
    return list(zip([*texts[:1], *(f"  {text}" for text in texts[1:])], log_probs, strict=True))


def write_spelled(start: str, pieces: Sequence[Piece]) -> None:
    """Prints one line: a start, then pieces by how probable they are."""
    sys.stdout.write(start)
    if not sys.stdout.isatty():
        print("".join(text for text, _ in pieces))
        return
    from rich.console import Console
    from rich.text import Text

    text = Text.assemble(*((text, _STYLES[surprise(nats)]) for text, nats in pieces))
    Console(highlight=False).print(text, soft_wrap=True)
