"""The numbers of the option `prune`, as text."""

from itertools import pairwise

from makemore.errors import OptionError


def parse_thresholds(text: str, longest: int) -> tuple[int, ...]:
    """Return how often n-grams of 1, 2, ... ids may occur and still be dropped.

    Args:
        text: the numbers, separated by commas, in brackets or not; the last one is repeated.
        longest: number of ids of the longest n-grams.

    Returns:
        `longest` numbers.

    Raises:
        OptionError: they are not whole numbers that begin with 0 and never become smaller, or they
            are too many.

    Example:
        >>> parse_thresholds("0,0,1", 4)
        (0, 0, 1, 1)
    """
    texts = text.strip("() ").split(",")
    if not all(each.strip().isdecimal() and len(each) < 10 for each in texts):
        raise OptionError(f"prune is {text!r}: give whole numbers, such as 0,0,1")
    numbers = [int(each) for each in texts]
    if numbers[0] or any(after < before for before, after in pairwise(numbers)):
        raise OptionError(
            f"prune is {text!r}: begin with 0, since no single character is dropped, and let no "
            "number be smaller than the one before"
        )
    if len(numbers) > longest:
        raise OptionError(
            f"prune is {text!r}: give at most {longest} numbers, since no n-gram is longer than "
            f"{longest} characters with this window"
        )
    return (*numbers, *numbers[-1:] * (longest - len(numbers)))
