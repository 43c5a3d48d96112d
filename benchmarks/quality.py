"""The lowest losses within two minutes and within fifteen seconds, five seeds each."""

from recording import Recorder

from makemore import LSTMOptions, MakeMore
from makemore.corpus.datasets import dataset_named

CLAIM = (
    "within two minutes on two cores auto's mixture reaches, on lines that nothing was chosen by, "
    "a loss that no published model of these names comes near; within fifteen seconds likewise"
)
SEEDS = (0, 1, 2, 3, 4)
UNIT = "nats per character"
# What is learned, on which split, with which budget: the clock also runs for all that comes after.
TRIALS = (
    ("auto, two minutes, clean split", "auto", "clean", "113s", {"test": "1.91, stretch 1.90"}),
    ("auto, two minutes, lecture split", "auto", "lecture", "113s", {"dev": "1.89"}),
    ("auto, fifteen seconds, lecture split", "auto", "lecture", "13.5s", {"dev": "1.94"}),
    ("lstm alone, clean split", LSTMOptions(), "clean", "60s", {"test": "1.95"}),
)


def run(recorder: Recorder) -> bytes:
    """Fits each with every seed."""
    lines = dataset_named("us-names").load()
    MakeMore("rnn", steps=1).fit(lines)  # torch's first steps are slow
    for title, model, split, budget, goals in TRIALS:
        reports = []
        for seed in SEEDS:
            maker = MakeMore(model, split=split, budget=budget, random_state=seed).fit(lines)
            report = maker.learned_.report
            recorder.say(
                f"{title}, seed {seed}: {report['seconds']:.1f} s, {report['steps']} steps, "
                f"dev {report['dev_loss']:.4f}, test {report['test_loss']:.4f}"
            )
            reports.append(report)
        if report["chosen"]:
            recorder.say(f"{title}: {maker.learned_.options.members}")
        recorder.measured(f"{title}, seconds", "s", [report["seconds"] for report in reports])
        for part in ("dev", "test"):
            losses = [report[f"{part}_loss"] for report in reports]
            recorder.measured(f"{title}, {part} loss", UNIT, losses, goals.get(part, ""))
    return "\n".join(lines.to_list()).encode()
