"""Tables of an examination, as rows of text after a header row, for a terminal or a page."""

from statistics import median

from makemore.arrays import AnyArray
from makemore.probe.examination import Examination, NetworkProbe
from makemore.probe.recording import Points

Rows = list[tuple[str, ...]]


def tensor_rows(found: Examination) -> Rows:
    """Return the table of all tensors."""
    rows: Rows = [("tensor", "shape", "mean", "spread")]
    for name, value in found.tensors.items():
        rows.append((name, _shape(value), f"{value.mean():.4g}", f"{value.std():.4g}"))
    return rows


def member_rows(found: Examination) -> Rows:
    """Return the table of a mixture's members; only the header if they were not examined."""
    rows: Rows = [("member", "weight", "loss", "best at", "rise without it")]
    for each in found.members:
        numbers = (f"{each.weight:.3f}", f"{each.loss:.4f}", f"{each.best:.1%}")
        rows.append((each.name, *numbers, f"{each.without:z.4f}"))
    return rows


def activation_rows(probe: NetworkProbe) -> Rows:
    """Return the table of activation layers."""
    rows: Rows = [("activations", "kind", "mean", "spread", "flat", "dead", "gradient")]
    for each in probe.layers.activations if probe.layers else ():
        spread = (f"{each.values.mean():.3f}", f"{each.values.std():.3f}")
        dead = f"{len(each.dead)} of {each.values.shape[1]}"
        gradient = f"{each.gradient:.2e}"
        rows.append((each.name, each.kind, *spread, f"{each.saturated:.1%}", dead, gradient))
    return rows


def weight_rows(probe: NetworkProbe) -> Rows:
    """Return the table of parameters and their gradients."""
    rows: Rows = [("weights", "shape", "spread", "gradient", "gradient to data")]
    for each in probe.layers.weights if probe.layers else ():
        spread = (f"{each.values.std():.4g}", f"{each.gradients.std():.2e}")
        rows.append((each.name, _shape(each.values), *spread, f"{each.gradient_to_data:.2e}"))
    return rows


def ratio_rows(probe: NetworkProbe) -> Rows:
    """Return the table of update and gradient ratios; only the header without a recording.

    The ratios are the medians over the recorded steps.
    """
    rows: Rows = [("weights in training", "updates to data", "gradients to data")]
    if probe.curve is not None:
        gradients = probe.curve.gradients
        for name, points in probe.curve.updates.items():
            rows.append((name, _usual(points), _usual(gradients.get(name, []))))
    return rows


def norm_rows(probe: NetworkProbe) -> Rows:
    """Return the table of batch normalisation layers."""
    rows: Rows = [("normalisation", "running means from those of these lines")]
    rows += [(norm.name, f"{norm.distance:.3f} standard deviations") for norm in probe.norms]
    return rows


def _usual(points: Points) -> str:
    """Return the median of some log10 values as a power of ten."""
    return f"10^{median(size for _, size in points):.1f}" if points else "none"


def _shape(value: AnyArray) -> str:
    """Return a tensor's shape as text."""
    return " x ".join(map(str, value.shape)) or "1"
