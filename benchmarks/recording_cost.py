"""What it costs to record a training: the same steps with a recording and without."""

from recording import Recorder, stopwatch

from makemore import GRUOptions, MakeMore, MLPOptions, TransformerOptions
from makemore.corpus.datasets import dataset_named
from makemore.probe.recording import Recording

CLAIM = "recording losses and sampled updates takes less than a twentieth of training time"
REPEATS = 5
TRIALS = (
    ("mlp", MLPOptions(), 600),
    ("gru", GRUOptions(hidden=128), 100),
    ("transformer", TransformerOptions(), 60),
)


def seconds(options, steps, lines, on_step):
    """How long a fit takes."""
    with stopwatch() as clock:
        MakeMore(options, steps=steps).fit(lines, on_step=on_step)
        return clock()


def run(recorder: Recorder) -> bytes:
    """Fits in pairs, which of the two comes first changing from pair to pair."""
    lines = dataset_named("us-names").load()
    for name, options, steps in TRIALS:
        seconds(options, 5, lines, None)  # warm
        shares = []
        for repeat in range(REPEATS):
            took = {}
            for is_recorded in (repeat % 2 == 0, repeat % 2 == 1):
                on_step = Recording() if is_recorded else None
                took[is_recorded] = seconds(options, steps, lines, on_step)
            shares.append(100 * (took[True] / took[False] - 1))
        title = f"{name}, {steps} steps: time that recording adds"
        recorder.measured(title, "per cent", shares, "less than 5")
    return "\n".join(lines.to_list()).encode()
