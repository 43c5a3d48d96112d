"""Two minutes on clean splits of other shuffles, whose lines no setting was chosen by."""

import numpy as np
from recording import UNIT, Recorder

from makemore import MakeMore
from makemore.corpus.named.corpora import dataset_named
from makemore.fitting.auto import choose_family
from makemore.options.verbs import FitOptions

CLAIM = (
    "what auto reaches in two minutes on the clean split it reaches on fresh shuffles of the "
    "distinct names too, which no setting was chosen by"
)
SHUFFLES = (1, 2, 3, 4, 5)
STEPS = 340  # as in the benchmark `quality`


def run(recorder: Recorder) -> bytes:
    """Fits once on each shuffle."""
    lines = dataset_named("us-names").load()
    distinct = lines.select(lines.distinct_indices())
    _, model, _ = choose_family(len(distinct), FitOptions(budget="2m"))
    recorder.say(f"{model}, {STEPS} steps")
    MakeMore("rnn", steps=1).fit(lines)  # torch's first steps are slow
    reports = []
    for shuffle in SHUFFLES:
        order = np.random.default_rng(shuffle).permutation(len(distinct))
        maker = MakeMore(model, split="clean", steps=STEPS, random_state=shuffle)
        report = maker.fit(distinct.select(order)).learned_.report
        recorder.say(
            f"shuffle {shuffle}: {report.seconds:.1f} s, "
            f"dev {report.dev_loss:.4f}, test {report.test_loss:.4f}"
        )
        reports.append(report)
    recorder.measured(
        "two minutes, fresh clean splits, seconds", "s", [r["seconds"] for r in reports]
    )
    for part, goal in (("dev", ""), ("test", "1.91, stretch 1.90")):
        losses = [getattr(report, f"{part}_loss") for report in reports]
        recorder.measured(f"two minutes, fresh clean splits, {part} loss", UNIT, losses, goal)
    return "\n".join(lines.to_list()).encode()
