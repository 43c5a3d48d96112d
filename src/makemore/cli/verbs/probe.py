"""`makemore probe`: statistics and diagnosis of weights, activations and gradients."""

from collections.abc import Iterator
from dataclasses import asdict
from typing import TYPE_CHECKING

from makemore.cli.console import Json, format_table, warn_about_unknown, write_json
from makemore.cli.parameters import File, Flag, Source
from makemore.cli.reading import read
from makemore.options.verbs import InputOptions

if TYPE_CHECKING:
    from makemore.probe.examination import Examination, NetworkProbe


def probe(
    model: str,
    *files: File,
    recording: str | None = None,
    json: Flag = False,
    source: Source = InputOptions(),
) -> None:
    """Print statistics of a model's tensors and, with lines, its activations and gradients.

    With a recording, also print the training. Problems of a network are named with their effect and
    remedy.

    For example: makemore probe names.model names.txt

    Args:
        model: model file written by fit.
        files: lines to examine the model on, at most 2,048 of them: files or folders; - reads
            standard input.
        recording: history.jsonl, from the directory of fit --report.
        json: print JSON.
    """
    from makemore.estimator.makemore import MakeMore
    from makemore.probe.recording import Recording

    maker, lines = MakeMore.load(model), None
    if files:
        lines = read(files, source, labels=len(maker.classes_) > 0)
        warn_about_unknown(maker, lines, "they are left out")
    examination = maker.probe(lines, None if recording is None else Recording.load(recording))
    if json:
        write_json(_examination_json(examination))
    else:
        print("\n".join(_describe(examination)))


def _describe(examination: "Examination") -> Iterator[str]:
    """Yield the tables and the diagnosis."""
    from makemore.probe.tables import member_rows, tensor_rows

    yield from format_table(tensor_rows(examination))
    if examination.members:
        yield from ("", *format_table(member_rows(examination)))
    for network in examination.networks:
        yield from _describe_network(network)


def _describe_network(probe: "NetworkProbe") -> Iterator[str]:
    """Yield the tables of a network's layers, and its diagnosis."""
    from makemore.probe.tables import activation_rows, norm_rows, ratio_rows, weight_rows

    if probe.layers is not None:
        yield from ("", f"{probe.name}: loss {probe.layers.loss:.4f} nats per character")
    elif probe.curve is not None:
        yield from ("", probe.name)
    tables = (activation_rows(probe), weight_rows(probe), norm_rows(probe), ratio_rows(probe))
    for rows in tables:
        if len(rows) > 1:
            yield from ("", *format_table(rows))
    if probe.batch_losses is not None:
        yield ""
        yield (
            "standard deviation of a line's loss over random training batches: "
            f"{probe.batch_losses.std():.4f} nats per character"
        )
    if probe.has_too_few_lines:
        yield from ("", "no diagnosis of the layers: too few lines")
    elif not probe.verdicts and (probe.layers is not None or probe.curve is not None):
        yield from ("", "no problems found")
    for verdict in probe.verdicts:
        yield from ("", verdict.what, f"  {verdict.why}", f"  remedy: {verdict.cure}")


def _examination_json(examination: "Examination") -> dict[str, Json]:
    """Return the examination as JSON, with statistics in place of arrays."""
    tensors: dict[str, Json] = {
        name: {
            "shape": list(value.shape),
            "mean": float(value.mean()),
            "spread": float(value.std()),
        }
        for name, value in examination.tensors.items()
    }
    members = [each._asdict() for each in examination.members]
    networks = [_network_json(each) for each in examination.networks]
    return {"tensors": tensors, "members": members, "networks": networks}


def _network_json(probe: "NetworkProbe") -> dict[str, Json]:
    """Return the statistics of a network as JSON."""
    layers = probe.layers
    return {
        "name": probe.name,
        "loss": None if layers is None else layers.loss,
        "activations": [
            {
                "name": each.name,
                "kind": each.kind,
                "mean": float(each.values.mean()),
                "spread": float(each.values.std()),
                "saturated": each.saturated,
                "dead": each.dead.tolist(),
                "gradient": each.gradient,
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
        "curve": None if probe.curve is None else asdict(probe.curve),
        "batch_mates": None if probe.batch_losses is None else float(probe.batch_losses.std()),
        "verdicts": [verdict._asdict() for verdict in probe.verdicts],
    }
