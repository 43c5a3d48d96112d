"""Time, losses and sampling rate of every family at its default settings, on both splits."""

import numpy as np
from recording import UNIT, Recorder, stopwatch

from makemore import MakeMore
from makemore.corpus.named.corpora import dataset_named
from makemore.registry import FAMILIES

CLAIM = (
    "every family at its default settings and on the default budget of 30 s (counted ones take no "
    "time): losses on both splits of the bundled names, and lines sampled per second"
)
SPLITS = ("lecture", "clean")
SAMPLED = 20_000


def parameters_of(model) -> int:
    """Return the number of weights of a model, or of the entries in its count tables."""
    if hasattr(model, "members"):
        return sum(map(parameters_of, model.members))
    if hasattr(model, "parameters"):  # a network
        return sum(weight.numel() for weight in model.parameters())
    return int(sum(value.size for value in model.tensors().values()))


def sampled_per_second(maker: MakeMore) -> float:
    """Return lines sampled per second, as Python strings, from a model in memory."""
    maker.sample(64, seed=1)
    with stopwatch() as clock:
        maker.sample(SAMPLED)
        return SAMPLED / clock()


def run(recorder: Recorder) -> bytes:
    """Fit each family once per split."""
    lines = dataset_named("us-names").load()
    MakeMore("rnn", steps=1).fit(lines.select(np.arange(500)))  # the first steps of torch are slow
    for name in FAMILIES:
        found = {}
        for split in SPLITS:
            maker = MakeMore(name, split=split).fit(lines)
            report = maker.learned_.report
            found[split] = (report.seconds, report.dev_loss, report.test_loss)
        recorder.say(f"{name}: {report.steps or 'no'} steps on the last split")
        recorder.record(f"{name}, parameters", "", [parameters_of(maker.learned_.model)])
        for split in SPLITS:
            seconds, dev, test = found[split]
            recorder.record(f"{name}, {split}, seconds", "s", [seconds])
            recorder.record(f"{name}, {split}, dev loss", UNIT, [dev])
            recorder.record(f"{name}, {split}, test loss", UNIT, [test])
        recorder.record(f"{name}, sampled", "lines per second", [sampled_per_second(maker)])
    return "\n".join(lines.to_list()).encode()
