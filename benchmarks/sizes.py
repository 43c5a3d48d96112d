"""Each network at a size with a published loss, or at the default size of makemore.py."""

from recording import UNIT, Recorder

from makemore import (
    BoWOptions,
    DeepMLPOptions,
    GRUOptions,
    LSTMOptions,
    MakeMore,
    MLPOptions,
    ResNetOptions,
    RNNOptions,
    TransformerOptions,
    WaveNetOptions,
)
from makemore.corpus.named.corpora import dataset_named

CLAIM = "each network reaches a lower dev loss (lecture split) than was published for its size"
SEEDS = (0, 1, 2, 3, 4)
# Options, steps, and the loss to beat: published, or a goal of this project.
TRIALS = (
    (MLPOptions(), 1500, "2.1027"),
    (DeepMLPOptions(layers=2, hidden=200), 1500, "2.1048"),
    (ResNetOptions(hidden=64, blocks=1), 1500, "at or below deep_mlp"),
    (WaveNetOptions(), 400, "1.9937"),
    (BoWOptions(hidden=64), 800, "2.25"),
    (RNNOptions(hidden=128), 500, "2.05"),
    (LSTMOptions(hidden=192), 500, "1.98"),
    (GRUOptions(hidden=192), 500, "1.96"),
    (TransformerOptions(), 400, "1.955"),
)


def run(recorder: Recorder) -> bytes:
    """Fit each network with every seed."""
    lines = dataset_named("us-names").load()
    MakeMore("rnn", steps=1).fit(lines)  # the first steps of torch are slow
    for options, steps, goal in TRIALS:
        reports = []
        for seed in SEEDS:
            maker = MakeMore(options, split="lecture", steps=steps, random_state=seed).fit(lines)
            reports.append(maker.learned_.report)
        name = maker.learned_.family
        count = sum(p.numel() for p in maker.learned_.model.parameters())
        title = f"{name}, {count:,} parameters"
        recorder.say(f"{title}: {options}, {steps} steps")
        recorder.record(f"{title}: seconds", "s", [report.seconds for report in reports])
        recorder.record(f"{title}: dev loss", UNIT, [report.dev_loss for report in reports], goal)
        recorder.record(f"{title}: test loss", UNIT, [report.test_loss for report in reports])
    return "\n".join(lines.to_list()).encode()
