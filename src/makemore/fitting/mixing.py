"""Fitting of mixture weights, and leaving out networks that do not help."""

from dataclasses import replace

import numpy as np
from numpy.typing import NDArray

from makemore.arrays import Float32s, evenly_spaced
from makemore.contexts.table import Contexts
from makemore.fitting.auto import COUNT_MEMBERS, MIN_GAIN
from makemore.fitting.splits import Splits
from makemore.fitting.start import Start
from makemore.inference.model import CountModel, members
from makemore.models.log_linear import LogLinearMixture
from makemore.models.mixture import Mixture, likeliest_mixture, likeliest_weights
from makemore.options.families import MixtureOptions

_FEW_LINES = 500  # on which the exponents of a log-linear mixture are fitted


def fit_mixture_weights(
    start: Start, splits: Splits, may_leave_out: bool
) -> tuple[Start, tuple[float, ...] | None]:
    """Fit the weights of a mixture on the dev split.

    If training continues without rehearsal, the dev split holds new lines only, so the existing
    weights are kept.

    Args:
        start: the model, with its members fitted.
        splits: the splits of the list.
        may_leave_out: whether networks that do not help are left out.

    Returns:
        the start, without the networks if they are left out, and the weights; None if they are not
        fitted.
    """
    dev = (start.rehearsal or splits).contexts("dev", start.model.window)
    if dev is None or (start.warm_start and start.rehearsal is None):
        return start, None
    assert isinstance(start.model, Mixture), "its members are mixed"
    log_probs = start.model.member_log_probs(dev)
    if may_leave_out and not _networks_help(start.model, log_probs, dev):
        log_probs = log_probs[_is_count(start.model)]
        start = counts_alone(start, "the budget allowed few steps")
    weights = likeliest_weights(log_probs, dev.count)
    if isinstance(start.model, LogLinearMixture):
        few = dev.lines(evenly_spaced(len(dev.line_weight), _FEW_LINES))
        return replace(start, model=start.model.refitted(few, weights)), tuple(weights.tolist())
    return replace(start, model=Mixture(members(start.model), weights)), tuple(weights.tolist())


def counts_alone(start: Start, reason: str) -> Start:
    """Return the start without the networks, which `auto` leaves out for some reason."""
    counts = [member for member in members(start.model) if isinstance(member, CountModel)]
    chosen = f"a mixture of counts: {reason} of a network, too few to help"
    options = MixtureOptions(members=COUNT_MEMBERS)
    return replace(start, model=Mixture(counts), options=options, chosen=chosen)


def _networks_help(mixture: Mixture, log_probs: Float32s, dev: Contexts) -> bool:
    """Return whether the networks of a mixture lower the dev loss of its count models.

    Args:
        mixture: the mixture.
        log_probs: (members, M) the members' log-probabilities of the M edges of `dev`.
        dev: held-out contexts.
    """
    _, loss = likeliest_mixture(log_probs, dev.count)
    _, loss_of_counts = likeliest_mixture(log_probs[_is_count(mixture)], dev.count)
    return loss_of_counts - loss >= MIN_GAIN


def _is_count(mixture: Mixture) -> NDArray[np.bool_]:
    """Return (members,) bool, whether each member is a count model."""
    return np.array([isinstance(member, CountModel) for member in mixture.members])
