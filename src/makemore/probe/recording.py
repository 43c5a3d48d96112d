"""Recording of a network's training: losses, updates, gradients and activations, at low cost."""

import json
import math
from collections.abc import Iterator, Sequence
from dataclasses import asdict, dataclass, field
from operator import itemgetter
from pathlib import Path
from typing import Self, TypedDict

import torch
from torch import Tensor

from makemore.errors import DataError
from makemore.files import write_atomically
from makemore.layers.network import Network, current_part
from makemore.probe.layers import add_activation_hooks, is_saturated
from makemore.training.loop import Step

_EXAMINED_STEPS = 40  # approximate number of steps to examine, over all networks
_SAMPLE_SIZE = 2**13  # approximate count of numbers sampled from a matrix or an activation's call

Points = list[tuple[int, float]]  # steps in ascending order, each with the value measured there


@dataclass
class Curve:
    """The training curve of one network.

    Attributes:
        loss: mean loss before each step, in nats per character.
        dev: loss on the dev split after a step, in nats per character.
        updates: for each matrix, log10 of the standard deviation of a step's update over that of
            its weights.
        gradients: for each matrix, log10 of the standard deviation of its gradient over that of its
            weights.
        flat: for each layer of activations, the share that is saturated or inactive, from the
            second step on; see `makemore.probe.layers.is_saturated`.
        kinds: the kind of activation of each of these layers.
        shapes: the shape of each tensor of the network, by name.
    """

    loss: Points = field(default_factory=list)
    dev: Points = field(default_factory=list)
    updates: dict[str, Points] = field(default_factory=dict)
    gradients: dict[str, Points] = field(default_factory=dict)
    flat: dict[str, Points] = field(default_factory=dict)
    kinds: dict[str, str] = field(default_factory=dict)
    shapes: dict[str, list[int]] = field(default_factory=dict)

    def truncate(self, steps: int) -> None:
        """Remove the points after a number of steps."""
        self.loss, self.dev = _points_until(steps, self.loss), _points_until(steps, self.dev)
        for each in (self.updates, self.gradients, self.flat):
            for name, points in list(each.items()):
                each[name] = _points_until(steps, points)
                if not each[name]:
                    del each[name]
        self.kinds = {name: self.kinds[name] for name in self.flat}


class CurveRow(TypedDict):
    """A curve as saved to a file: the fields of `Curve`, with lists instead of pairs."""

    loss: list[list[float]]
    dev: list[list[float]]
    updates: dict[str, list[list[float]]]
    gradients: dict[str, list[list[float]]]
    flat: dict[str, list[list[float]]]
    kinds: dict[str, str]
    shapes: dict[str, list[int]]


class Recording:
    """Callback that records the training of each network: pass it to `fit` as `on_step`.

    Attributes:
        curves: one for each network, in the order of training.

    Example:
        >>> from makemore import MakeMore
        >>> recording = Recording()
        >>> maker = MakeMore("mlp", steps=4).fit(["anna", "hannah", "otto"], on_step=recording)
        >>> [number for number, _ in recording.curves[0].loss]
        [1, 2, 3, 4]
    """

    def __init__(self, samples: int = _EXAMINED_STEPS) -> None:
        """Examine approximately `samples` steps over all networks, and the second of each."""
        self.curves: list[Curve] = []
        self._samples = samples
        self._network: Network | None = None
        self._is_resuming = False  # whether the next step continues the last curve
        self._next_number = 1  # the number of the next step of a new curve
        self._probe: _StepProbe | None = None

    def __call__(self, step: Step) -> None:
        """Record a step."""
        if step.network is not self._network:
            self._network = step.network
            if not self._is_resuming:
                self.curves.append(Curve(shapes=shapes_of(step.network)))
            self.stop()  # the previous network ended before the step to examine
        self._is_resuming, curve = False, self.curves[-1]
        number = curve.loss[-1][0] + 1 if curve.loss else self._next_number
        self._next_number = 1
        curve.loss.append((number, step.loss))
        if step.dev_loss is not None:
            curve.dev.append((number, step.dev_loss))
        if self._probe is not None:
            self._probe.finish(curve, number)
            self._probe = None
        interval = math.ceil(step.steps / self._samples)
        if step.number < step.steps and (number == 1 or (number + 1) % interval == 0):
            self._probe = _StepProbe(step.network)

    def rewind(self, networks: int, steps: int) -> None:
        """Cut the recording back to the point where an interrupted training resumes.

        If the recording does not reach that point, because it was lost or damaged, remove all
        curves and start at that point.

        Args:
            networks: number of networks that are fully trained.
            steps: number of steps done for the next network.
        """
        del self.curves[networks + (steps > 0) :]
        if len(self.curves) < networks + (steps > 0):
            self.curves = []
        elif steps:
            self.curves[-1].truncate(steps)
            if self.curves[-1].loss[-1][0] < steps:
                self.curves = []
        self._is_resuming = steps > 0 and bool(self.curves)
        self._next_number = 1 if self._is_resuming else steps + 1

    def stop(self) -> None:
        """Remove all hooks from a network whose training was stopped."""
        if self._probe is not None:
            self._probe.stop()
            self._probe = None

    def to_json_lines(self) -> str:
        """Return the recording as JSON lines, one for each network."""
        return "".join(json.dumps(asdict(curve)) + "\n" for curve in self.curves)

    def save(self, path: str | Path) -> None:
        """Write the recording to a file as JSON lines.

        Raises:
            DataError: the file cannot be written.
        """
        try:
            write_atomically(path, self.to_json_lines().encode())
        except OSError as error:
            raise DataError(f"{path} cannot be written: {(error.strerror or '').lower()}") from None

    @classmethod
    def load(cls, path: str | Path) -> Self:
        """Read a recording that `save` wrote.

        Raises:
            DataError: the file cannot be read, or it is not a recording.
        """
        recording = cls()
        try:
            with open(path, encoding="utf-8") as file:
                recording.curves = [_parse_curve(json.loads(row)) for row in file]
        except OSError as error:
            raise DataError(
                f"{path} cannot be read: {(error.strerror or '').lower()}; give history.jsonl "
                "from the directory of fit --report"
            ) from None
        except (ValueError, TypeError, AttributeError, KeyError):
            raise DataError(
                f"{path} is not a recording of a training: give history.jsonl from the directory "
                "of fit --report"
            ) from None
        return recording


class _StepProbe:
    """Sampled weights and activations of one training step."""

    def __init__(self, network: Network) -> None:
        """Copy the weights before the step, and register hooks on the activations."""
        self._network = network
        self._weights_before = {
            name: _subsample(p.detach()).clone() for name, p in _matrices(network)
        }
        # for each layer, by name and kind: the part, a sample of each call's rows, their number
        self._activations: dict[tuple[str, str], list[tuple[int, Tensor, int]]] = {}
        self._handles = add_activation_hooks(network, self._record_activations)

    def _record_activations(self, name: str, kind: str, x: Tensor) -> None:
        """Keep activations of the step itself, not of the dev evaluation after it.

        An evenly spaced sample of rows represents the batch.
        """
        if self._network.training:
            rows = x.detach().flatten(0, -2)
            call = (current_part(), _subsample(rows), len(rows))
            self._activations.setdefault((name, kind), []).append(call)

    def stop(self) -> None:
        """Remove the hooks."""
        for handle in self._handles:
            handle.remove()

    def finish(self, curve: Curve, number: int) -> None:
        """Add the finished step to a curve, and remove the hooks."""
        with torch.no_grad():
            for (name, kind), calls in self._activations.items():
                calls.sort(key=itemgetter(0))  # parts are computed at the same time
                saturated = is_saturated(kind, torch.cat([rows for _, rows, _ in calls])).float()
                sizes = torch.tensor([(len(rows), count / len(rows)) for _, rows, count in calls])
                weight = sizes[:, 1].repeat_interleave(sizes[:, 0].long()).to(saturated.device)
                curve.kinds[name] = kind
                share = float((saturated * (weight / weight.mean())[:, None]).mean())
                curve.flat.setdefault(name, []).append((number, share))
            for name, before in self._weights_before.items():
                after, std = self._network.get_parameter(name), before.std(correction=0)
                _append_log_ratio(curve.updates, name, number, _subsample(after) - before, std)
                if after.grad is not None:
                    _append_log_ratio(curve.gradients, name, number, _subsample(after.grad), std)
        self.stop()


def _matrices(network: Network) -> Iterator[tuple[str, Tensor]]:
    """Yield the non-empty parameters of two or more dimensions, with their names."""
    for name, p in network.named_parameters():
        if p.ndim > 1 and p.numel():
            yield name, p


def _subsample(rows: Tensor) -> Tensor:
    """Return an evenly spaced sample of rows."""
    return rows[:: max(1, rows.numel() // _SAMPLE_SIZE)]


def _append_log_ratio(
    points: dict[str, Points], name: str, number: int, change: Tensor, std: Tensor
) -> None:
    """Append log10 of a change's standard deviation over that of the weights, if it is finite."""
    ratio = float(change.std(correction=0) / std)
    if ratio > 0 and math.isfinite(ratio):
        points.setdefault(name, []).append((number, math.log10(ratio)))


def shapes_of(network: Network) -> dict[str, list[int]]:
    """Return the shape of each parameter, to check that a recording is of this network."""
    return {name: list(p.shape) for name, p in network.named_parameters()}


def _parse_curve(row: CurveRow) -> Curve:
    """Return the curve of a row of a file.

    Raises:
        ValueError: the row is not a curve; TypeError, AttributeError and KeyError mean the same.
    """
    loss, dev = _parse_points(row["loss"]), _parse_points(row["dev"])
    if not loss:
        raise ValueError("a curve needs at least one loss")
    updates, gradients, flat = (
        {str(name): _parse_points(points) for name, points in each.items()}
        for each in (row["updates"], row["gradients"], row["flat"])
    )
    if not all(points for each in (updates, gradients, flat) for points in each.values()):
        raise ValueError("each recorded layer needs points")
    kinds = {name: str(row["kinds"][name]) for name in flat}
    shapes = {str(name): list(map(int, shape)) for name, shape in row["shapes"].items()}
    return Curve(loss, dev, updates, gradients, flat, kinds, shapes)


def _points_until(steps: int, points: Points) -> Points:
    """Return the points up to a step."""
    return [point for point in points if point[0] <= steps]


def _parse_points(points: Sequence[Sequence[float]]) -> Points:
    """Return pairs of a step and a finite number."""
    parsed = [(int(number), float(value)) for number, value in points]
    if not all(math.isfinite(value) for _, value in parsed):
        raise ValueError("recorded values must be finite")
    return parsed
