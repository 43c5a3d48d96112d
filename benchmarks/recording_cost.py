"""What it costs to record a training."""

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


class Clocked(Recording):
    """A recording that knows how long it took."""

    spent = 0.0

    def __call__(self, step):
        """Records, on the clock."""
        with stopwatch() as clock:
            super().__call__(step)
            self.spent += clock()


def run(recorder: Recorder) -> bytes:
    """Fits, and compares what the recording took with what is left.

    Whole fits with and without it differ by more than it takes, this way and that, on cores that
    are shared; so it is timed from inside.
    """
    lines = dataset_named("us-names").load()
    for name, options, steps in TRIALS:
        MakeMore(options, steps=5).fit(lines)  # warm
        shares = []
        for _ in range(REPEATS):
            recording = Clocked()
            with stopwatch() as clock:
                MakeMore(options, steps=steps).fit(lines, on_step=recording)
                whole = clock()
            shares.append(100 * recording.spent / (whole - recording.spent))
        title = f"{name}, {steps} steps: time that recording adds"
        recorder.measured(title, "per cent", shares, "less than 5")
    return "\n".join(lines.to_list()).encode()
