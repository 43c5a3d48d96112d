"""Characters with their log-likelihoods: the improbable ones coloured on a terminal."""

import sys
from collections.abc import Sequence

from makemore.cli.console import visible

Piece = tuple[str, float]

END = "end"  # what stands for the end of a line
# Nats below which a character has a style: rarer than one in a thousand, a hundred, ten.
_STYLES = ((-6.9, "bold red"), (-4.6, "magenta"), (-2.3, "yellow"))


def spelled(line: str, log_probs: Sequence[float]) -> list[Piece]:
    """Gives each character of a line, and its end, with its log-likelihood.

    Example:
        >>> spelled("a b", [-1.0, -7.25, -2.5, -0.125])
        [('a -1.00', -1.0), ('  _ -7.25', -7.25), ('  b -2.50', -2.5), ('  end -0.12', -0.125)]
    """
    names = [*map(shown, line), END]
    texts = [f"{name} {nats:.2f}" for name, nats in zip(names, log_probs, strict=True)]
    return list(zip([*texts[:1], *(f"  {text}" for text in texts[1:])], log_probs, strict=True))


def shown(character: str) -> str:
    """A character so that it can be seen: a space as _."""
    return "_" if character.isspace() else visible(character)


def write_spelled(start: str, pieces: Sequence[Piece]) -> None:
    """Prints one line: a start, then pieces by how probable they are."""
    sys.stdout.write(start)
    if not sys.stdout.isatty():
        print("".join(text for text, _ in pieces))
        return
    from rich.console import Console
    from rich.text import Text

    text = Text.assemble(*((text, _style(nats)) for text, nats in pieces))
    Console(highlight=False).print(text, soft_wrap=True)


def _style(nats: float) -> str:
    """The style of a character of this log-likelihood."""
    return next((style for limit, style in _STYLES if nats < limit), "")
