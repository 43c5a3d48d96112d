"""Kneser-Ney: time to fit, losses, and lines sampled per second."""

from recording import UNIT, Recorder, stopwatch

from makemore import MakeMore
from makemore.corpus.named.corpora import dataset_named

CLAIM = "Kneser-Ney learns the bundled names at once and samples a million lines in a second"
REPEATS = 5


def run(recorder: Recorder) -> bytes:
    """Fit on both splits, then sample a hundred thousand and a million lines as strings."""
    lines = dataset_named("us-names").load()
    for split, goal in (("lecture", "1.991"), ("clean", "2.012")):
        seconds = []
        for _ in range(REPEATS):
            with stopwatch() as clock:
                report = MakeMore("kneser_ney", split=split).fit(lines).learned_.report
                seconds.append(clock())
        recorder.record(f"kneser_ney, {split} split, list to fitted model", "s", seconds, "0.5")
        recorder.record(f"kneser_ney, {split} split, dev loss", UNIT, [report.dev_loss], goal)
        recorder.record(f"kneser_ney, {split} split, test loss", UNIT, [report.test_loss])
    maker = MakeMore("kneser_ney").fit(lines)
    for count in (100_000, 1_000_000):
        rates = []
        for seed in range(REPEATS):
            with stopwatch() as clock:
                made = maker.sample(count, seed=seed)
                rates.append(len(made) / clock())
        goal = "1,000,000" if count == 1_000_000 else ""
        recorder.record(
            f"kneser_ney, {count:,} lines sampled at once", "lines per second", rates, goal
        )
    return "\n".join(lines.to_list()).encode()
