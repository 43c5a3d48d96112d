"""Characters with their log-likelihoods, improbable ones in colour on a terminal."""

import sys
from collections.abc import Sequence

from makemore.corpus.control_characters import display_character

Piece = tuple[str, float]

END = "end"  # represents the end of a line
_STYLES = ("", "yellow", "magenta", "bold red")  # style of each level of surprise


def format_characters(line: str, log_probs: Sequence[float]) -> list[Piece]:
    """Return each character of a line, and its end, with its log-likelihood.

    Example:
        >>> format_characters("a b", [-1.0, -7.25, -2.5, -0.125])
        [('a -1.00', -1.0), ('  _ -7.25', -7.25), ('  b -2.50', -2.5), ('  end -0.12', -0.125)]
    """
    symbols = [*map(display_character, line), END]
    texts = [f"{symbol} {nats:.2f}" for symbol, nats in zip(symbols, log_probs, strict=True)]
    return list(zip([*texts[:1], *(f"  {text}" for text in texts[1:])], log_probs, strict=True))


def write_pieces(prefix: str, pieces: Sequence[Piece]) -> None:
    """Print one line: a prefix, then its pieces, improbable ones in colour on a terminal."""
    sys.stdout.write(prefix)
    if not sys.stdout.isatty():
        print("".join(text for text, _ in pieces))
        return
    from rich.console import Console
    from rich.text import Text

    from makemore.evaluation.scoring import surprise

    text = Text.assemble(*((text, _STYLES[surprise(nats)]) for text, nats in pieces))
    Console(highlight=False).print(text, soft_wrap=True)
