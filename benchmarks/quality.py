"""Lowest losses within two minutes and within fifteen seconds, five seeds each."""

from recording import UNIT, Recorder

from makemore import LSTMOptions, MakeMore
from makemore.corpus.named.corpora import dataset_named
from makemore.fitting.auto import choose_family
from makemore.options.verbs import FitOptions

CLAIM = (
    "within two minutes on two cores auto's mixture reaches, on lines that no weight was chosen "
    "by, a loss that no published model of these names comes near; within fifteen seconds likewise"
)
SEEDS = (0, 1, 2, 3, 4)
# Title, budget for which auto chooses the members, split, steps, and target losses.
# Steps are fixed, since converting a budget to steps depends on a timing, and so on other load.
TRIALS = (
    ("two minutes, clean split", "2m", "clean", 340, {"test": "1.91, stretch 1.90"}),
    ("two minutes, lecture split", "2m", "lecture", 340, {"dev": "1.89"}),
    ("fifteen seconds, lecture split", "15s", "lecture", 190, {"dev": "1.94"}),
    ("one network alone, clean split", None, "clean", 600, {"test": "1.95"}),
)


def run(recorder: Recorder) -> bytes:
    """Fit each trial with every seed."""
    lines = dataset_named("us-names").load()
    MakeMore("rnn", steps=1).fit(lines)  # the first steps of torch are slow
    for title, budget, split, steps, goals in TRIALS:
        model = LSTMOptions()
        if budget is not None:
            _, model, _ = choose_family(len(lines), FitOptions(budget=budget))
        recorder.say(f"{title}: {model}, {steps} steps")
        reports = []
        for seed in SEEDS:
            maker = MakeMore(model, split=split, steps=steps, random_state=seed).fit(lines)
            report = maker.learned_.report
            recorder.say(
                f"{title}, seed {seed}: {report.seconds:.1f} s, "
                f"dev {report.dev_loss:.4f}, test {report.test_loss:.4f}"
            )
            reports.append(report)
        recorder.record(f"{title}, seconds", "s", [report.seconds for report in reports])
        for part in ("dev", "test"):
            losses = [getattr(report, f"{part}_loss") for report in reports]
            recorder.record(f"{title}, {part} loss", UNIT, losses, goals.get(part, ""))
    return "\n".join(lines.to_list()).encode()
