"""Choice of the model family for `auto`, by the size of the list and the training budget."""

from makemore.options.declaration import Options
from makemore.options.families import MixtureOptions
from makemore.options.verbs import FitOptions
from makemore.registry import Family, family_named

_MIN_LINES = 100  # networks improved on counts alone in experiments from this size on
SMALL_LIST = 2000  # lines up to which the starter helped in experiments
MIN_GAIN = 0.001  # nats per character; networks that lower a held-out loss by less are left out
FEWEST_STEPS = 10  # networks with fewer steps are not trained; the warm-up is as long


def choose_family(lines: int, options: FitOptions) -> tuple[Family, Options, str]:
    """Return Kneser-Ney for a short list or a small budget, else a mixture with networks.

    Args:
        lines: number of lines to learn.
        options: options of the fit.

    Returns:
        the family, its options, and the reason for the choice as text.
    """
    kneser_ney = family_named("kneser_ney")
    if lines < _MIN_LINES:
        reason = f"kneser_ney: {lines:,} lines are too few to train a network on"
        return kneser_ney, kneser_ney.options(), reason
    seconds = options.seconds(lines)  # the default budget if steps are given instead
    training = f"{seconds:.0f} s" if options.steps is None else f"{options.steps:,} steps each"
    if seconds < MEMBERS_BY_BUDGET[0][0]:
        least = MEMBERS_BY_BUDGET[0][0]
        reason = f"kneser_ney: it needs no training; a budget of {least:g} s adds networks"
        return kneser_ney, kneser_ney.options(), reason
    members = max(row for row in MEMBERS_BY_BUDGET if row[0] <= seconds)[1]
    reason = f"a mixture with networks: {lines:,} lines, and {training} to train on them"
    return family_named("mixture"), MixtureOptions(members=members), reason


def is_count_only(options: FitOptions) -> bool:
    """Return whether `auto` chooses Kneser-Ney for any number of lines."""
    return options.budget is not None and options.seconds(0) < MEMBERS_BY_BUDGET[0][0]


COUNT_MEMBERS = "kneser_ney(window=3), kneser_ney(window=5), kneser_ney(window=8)"

# Minimum budget in seconds, and the members. A small budget goes to one network that learns well in
# that time before a second network is added.
MEMBERS_BY_BUDGET = (
    (3.0, f"{COUNT_MEMBERS}, gru(hidden=128)"),
    (10.0, f"{COUNT_MEMBERS}, lstm(hidden=256)"),
    (25.0, f"{COUNT_MEMBERS}, lstm"),
    (60.0, f"{COUNT_MEMBERS}, lstm, gru"),
    (100.0, f"{COUNT_MEMBERS}, lstm, lstm(hidden=512), gru"),
    (300.0, f"{COUNT_MEMBERS}, lstm, lstm(hidden=512), lstm(hidden=640), gru, transformer"),
)
