"""Tables of an examination, as rows of text after a header row, for a terminal or a page."""

from statistics import median

from makemore.arrays import AnyArray
from makemore.probe.examination import Examination, NetworkProbe
from makemore.probe.recording import Points

Rows = list[tuple[str, ...]]


def tensor_rows(examination: Examination) -> Rows:
    """Return the table of all tensors."""
    rows: Rows = [("tensor", "shape", "mean", "std")]
    for name, value in examination.tensors.items():
        rows.append((name, _shape(value), f"{value.mean():.4g}", f"{value.std():.4g}"))
    return rows


def member_rows(examination: Examination) -> Rows:
    """Return the table of a mixture's members; only the header if they were not examined."""
    rows: Rows = [("member", "weight", "loss", "best on", "loss rise without it")]
    for each in examination.members:
        numbers = (f"{each.weight:.3f}", f"{each.loss:.4f}", f"{each.best:.1%}")
        rows.append((each.name, *numbers, f"{each.without:z.4f}"))
    return rows


def activation_rows(probe: NetworkProbe) -> Rows:
    """Return the table of activation layers."""
    rows: Rows = [
        (
            "activations",
            "kind",
            "mean",
            "std",
            "saturated or inactive",
            "dead units",
            "gradient std",
        )
    ]
    for each in probe.layers.activations if probe.layers else ():
        stats = (f"{each.values.mean():.3f}", f"{each.values.std():.3f}")
        dead = f"{len(each.dead)} of {each.values.shape[1]}"
        gradient = f"{each.gradient:.2e}"
        rows.append((each.name, each.kind, *stats, f"{each.saturated:.1%}", dead, gradient))
    return rows


def weight_rows(probe: NetworkProbe) -> Rows:
    """Return the table of parameters and their gradients."""
    rows: Rows = [("weights", "shape", "std", "gradient std", "gradient-to-data ratio")]
    for each in probe.layers.weights if probe.layers else ():
        stats = (f"{each.values.std():.4g}", f"{each.gradients.std():.2e}")
        rows.append((each.name, _shape(each.values), *stats, f"{each.gradient_to_data:.2e}"))
    return rows


def ratio_rows(probe: NetworkProbe) -> Rows:
    """Return the table of update and gradient ratios; only the header without a recording.

    The ratios are the medians over the recorded steps.
    """
    rows: Rows = [("weights during training", "update-to-weight ratio", "gradient-to-data ratio")]
    if probe.curve is not None:
        gradients = probe.curve.gradients
        for name, points in probe.curve.updates.items():
            rows.append((name, _median_ratio(points), _median_ratio(gradients.get(name, []))))
    return rows


def norm_rows(probe: NetworkProbe) -> Rows:
    """Return the table of batch normalisation layers."""
    rows: Rows = [("batch normalisation", "distance of running from calibrated means")]
    rows += [(norm.name, f"{norm.distance:.3f} standard deviations") for norm in probe.norms]
    return rows


def _median_ratio(points: Points) -> str:
    """Return the median of some log10 values as a power of ten."""
    return f"10^{median(size for _, size in points):.1f}" if points else "none"


def _shape(value: AnyArray) -> str:
    """Return a tensor's shape as text."""
    return " x ".join(map(str, value.shape)) or "1"
