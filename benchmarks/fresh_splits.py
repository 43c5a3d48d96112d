"""Two minutes of training on clean splits of new shuffles, which no setting was tuned on."""

import numpy as np
from recording import UNIT, Recorder

from makemore import MakeMore
from makemore.corpus.named.corpora import dataset_named
from makemore.fitting.auto import choose_family
from makemore.options.verbs import FitOptions

CLAIM = (
    "the loss that auto reaches in two minutes on the clean split it also reaches on new shuffles "
    "of the distinct names, which no setting was tuned on"
)
SHUFFLES = (1, 2, 3, 4, 5)
STEPS = 340  # as in the benchmark `quality`


def run(recorder: Recorder) -> bytes:
    """Fit once on each shuffle."""
    lines = dataset_named("us-names").load()
    distinct = lines.select(lines.distinct_indices())
    _, model, _ = choose_family(len(distinct), FitOptions(budget="2m"))
    recorder.say(f"{model}, {STEPS} steps")
    MakeMore("rnn", steps=1).fit(lines)  # the first steps of torch are slow
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
    recorder.record(
        "two minutes, fresh clean splits, seconds", "s", [report.seconds for report in reports]
    )
    for part, goal in (("dev", ""), ("test", "1.91, stretch 1.90")):
        losses = [getattr(report, f"{part}_loss") for report in reports]
        recorder.record(f"two minutes, fresh clean splits, {part} loss", UNIT, losses, goal)
    return "\n".join(lines.to_list()).encode()
