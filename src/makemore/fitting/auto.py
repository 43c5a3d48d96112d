"""Which family learns a list: the one that was named, or the one that time and list allow."""

from makemore.errors import OptionError
from makemore.options.declaration import Options
from makemore.options.families import MixtureOptions
from makemore.options.verbs import FitOptions
from makemore.registry import Family, family_named, family_of, members_of

_FEWEST_LINES = 100  # from here on a network was seen to add something to counts


def choose_family(
    model: str | Options, lines: int, options: FitOptions
) -> tuple[Family, Options, str | None]:
    """Settles a family and its options, and gives the reason where it was left open.

    Args:
        model: a family's name, a family's options, or `auto`.
        lines: how many there are to learn.
        options: how they are learned.

    Raises:
        OptionError: there is no such family, or a mixture's members cannot be read.
    """
    if isinstance(model, type):
        raise OptionError(f"model is the class {model.__name__}: make one, {model.__name__}()")
    if isinstance(model, Options):
        family = family_of(model)
    elif model == "auto":
        return _auto(lines, options)
    else:
        family = family_named(model)
        model = family.options()
    if isinstance(model, MixtureOptions):
        members_of(model.members)  # said here, before anything is learned
    return family, model, None


def window_counted(model: str | Options, options: FitOptions) -> int | None:
    """The widest window of what is counted where counting is all; None where more is to be done.

    More is to be done for networks, for a split that shuffles, for canaries, and to leave lines
    out: for these the whole list must be there.

    Args:
        model: a family's name, a family's options, or `auto`.
        options: how it is learned.
    """
    if options.split != "digest" or options.canaries or options.min_count > 1:
        return None
    if model == "auto" and (options.budget is None or options.seconds(0) >= _TIERS[0][0]):
        return None
    family, own, _ = choose_family(model, _FEWEST_LINES, options)
    each = members_of(own.members) if isinstance(own, MixtureOptions) else [(family, own)]
    if any(member.learns != "counting" for member, _ in each):
        return None
    return max(int(given.to_dict()["window"]) for _, given in each)


def _auto(lines: int, options: FitOptions) -> tuple[Family, Options, str]:
    """Kneser-Ney where there is little to learn or little time, else a mixture with networks."""
    counted = family_named("kneser_ney")
    if lines < _FEWEST_LINES:
        reason = f"kneser_ney: {lines:,} lines are too few to train a network on"
        return counted, counted.options(), reason
    seconds = options.seconds(lines)  # the usual, where steps are given instead
    given = f"{seconds:.0f} s" if options.steps is None else f"{options.steps:,} steps each"
    if seconds < _TIERS[0][0]:
        reason = f"kneser_ney: it needs no training; a budget of {_TIERS[0][0]:g} s adds networks"
        return counted, counted.options(), reason
    members = max(tier for tier in _TIERS if tier[0] <= seconds)[1]
    reason = f"a mixture with networks: {lines:,} lines, and {given} to train on them"
    return family_named("mixture"), MixtureOptions(members=members), reason


_COUNTED = "kneser_ney(window=3), kneser_ney(window=5), kneser_ney(window=8)"

# From so many seconds on, these members: one network that learns well in the time before another.
_TIERS = (
    (3.0, f"{_COUNTED}, gru(hidden=128)"),
    (10.0, f"{_COUNTED}, lstm(hidden=256)"),
    (25.0, f"{_COUNTED}, lstm"),
    (60.0, f"{_COUNTED}, lstm, gru"),
    (100.0, f"{_COUNTED}, lstm, lstm(hidden=512), gru"),
    (300.0, f"{_COUNTED}, lstm, lstm(hidden=512), lstm(hidden=640), gru, transformer"),
)
