"""`makemore probe`: what happens inside a model, in numbers and in words."""

from collections.abc import Iterator
from typing import TYPE_CHECKING, Any

from makemore.cli.console import say_unknown, table, write_json
from makemore.cli.learning import read
from makemore.cli.parameters import File, Flag, Source
from makemore.options.verbs import InputOptions

if TYPE_CHECKING:
    from makemore.probe.examination import Examination, NetworkProbe

Rows = list[tuple[str, ...]]


def probe(
    model: str,
    file: File | None = None,
    *,
    json: Flag = False,
    source: Source = InputOptions(),
) -> None:
    """Say what happens inside a model: its tensors; with lines, activations and gradients too.

    What is wrong with a network is said in words, with its reason and its cure.

    Args:
        model: a file that fit wrote.
        file: lines to ask it about, 2,048 of them at most; - is standard input.
        json: print JSON.
    """
    from makemore.estimator import MakeMore

    maker, lines = MakeMore.load(model), None
    if file is not None:
        lines = read(file, source, labels=len(maker.classes_) > 0)
        say_unknown(maker, lines, "they are left out")
    found = maker.probe(lines)
    if json:
        write_json(_as_json(found))
    else:
        print("\n".join(_in_words(found)))


def _in_words(found: "Examination") -> Iterator[str]:
    """Tables, and what is wrong."""
    rows: Rows = [("tensor", "shape", "mean", "spread")]
    for name, value in found.tensors.items():
        rows.append((name, _shape(value), f"{value.mean():.4g}", f"{value.std():.4g}"))
    yield from table(rows)
    if found.members:
        yield ""
        rows = [("member", "weight", "loss", "best at", "rise without it")]
        for each in found.members:
            numbers = (f"{each.weight:.3f}", f"{each.loss:.4f}", f"{each.best:.1%}")
            rows.append((each.name, *numbers, f"{each.without:.4f}"))
        yield from table(rows)
    for network in found.networks:
        yield from _network_in_words(network)


def _network_in_words(probe: "NetworkProbe") -> Iterator[str]:
    """A network's layers, and what is wrong with it."""
    if probe.layers is not None:
        yield from ("", f"{probe.name}: loss {probe.layers.loss:.4f}", "")
        rows: Rows = [("activations", "kind", "mean", "spread", "saturated", "dead", "gradient")]
        for each in probe.layers.activations:
            spread = (f"{each.values.mean():.3f}", f"{each.values.std():.3f}")
            dead = f"{len(each.dead)} of {each.values.shape[1]}"
            gradient = f"{each.gradients.std():.2e}"
            rows.append((each.name, each.kind, *spread, f"{each.saturated:.1%}", dead, gradient))
        yield from table(rows) if len(rows) > 1 else ()
        yield ""
        rows = [("weights", "shape", "spread", "gradient", "gradient to data")]
        for weights in probe.layers.weights:
            spread = (f"{weights.values.std():.4g}", f"{weights.gradients.std():.2e}")
            share = f"{weights.gradient_to_data:.2e}"
            rows.append((weights.name, _shape(weights.values), *spread, share))
        yield from table(rows)
    if probe.norms:
        yield ""
        rows = [("normalisation", "running means from those of these lines")]
        rows += [(norm.name, f"{norm.distance:.3f} standard deviations") for norm in probe.norms]
        yield from table(rows)
    if probe.mates is not None:
        yield f"batch-mates move the loss of a line by {probe.mates.std():.4f} nats per character"
    if probe.layers is not None and not probe.verdicts:
        yield from ("", "nothing is wrong that these numbers show")
    for verdict in probe.verdicts:
        yield from ("", verdict.what, f"  {verdict.why}", f"  cure: {verdict.cure}")


def _as_json(found: "Examination") -> dict[str, Any]:
    """Everything, but the arrays themselves."""
    tensors = {
        name: {
            "shape": list(value.shape),
            "mean": float(value.mean()),
            "spread": float(value.std()),
        }
        for name, value in found.tensors.items()
    }
    members = [each._asdict() for each in found.members]
    networks = [_network_as_json(each) for each in found.networks]
    return {"tensors": tensors, "members": members, "networks": networks}


def _network_as_json(probe: "NetworkProbe") -> dict[str, Any]:
    """A network's numbers."""
    layers = probe.layers
    return {
        "name": probe.name,
        "loss": layers and layers.loss,
        "activations": [
            {
                "name": each.name,
                "kind": each.kind,
                "mean": float(each.values.mean()),
                "spread": float(each.values.std()),
                "saturated": each.saturated,
                "dead": each.dead.tolist(),
                "gradient": float(each.gradients.std()),
            }
            for each in (layers.activations if layers else [])
        ],
        "weights": [
            {
                "name": each.name,
                "gradient": float(each.gradients.std()),
                "gradient_to_data": each.gradient_to_data,
            }
            for each in (layers.weights if layers else [])
        ],
        "normalisation": [{"name": each.name, "distance": each.distance} for each in probe.norms],
        "batch_mates": None if probe.mates is None else float(probe.mates.std()),
        "verdicts": [verdict._asdict() for verdict in probe.verdicts],
    }


def _shape(value: Any) -> str:
    """A tensor's shape."""
    return " x ".join(map(str, value.shape)) or "1"
