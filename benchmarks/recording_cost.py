"""What it costs to record a training."""

from recording import Recorder, stopwatch

from makemore import GRUOptions, MakeMore, MLPOptions, TransformerOptions
from makemore.corpus.datasets import dataset_named
from makemore.probe.recording import Recording, _Look

CLAIM = "recording losses and sampled updates takes less than a twentieth of training time"
REPEATS = 5
TRIALS = (
    ("mlp", MLPOptions(), 600),
    ("gru", GRUOptions(hidden=128), 100),
    ("transformer", TransformerOptions(), 60),
)


class Clock:
    """How long some functions took together."""

    spent = 0.0

    def on(self, function):
        """The function, on the clock."""

        def timed(*args):
            with stopwatch() as clock:
                function(*args)
                self.spent += clock()

        return timed


def run(recorder: Recorder) -> bytes:
    """Fits, and compares what the recording took with what is left.

    Whole fits with and without it differ by more than it takes, this way and that, on cores that
    are shared; so it is timed from inside: what is done after steps, and while layers are asked.
    """
    clock = Clock()
    _Look._see = clock.on(_Look._see)
    lines = dataset_named("us-names").load()
    for name, options, steps in TRIALS:
        MakeMore(options, steps=5).fit(lines)  # warm
        shares = []
        for _ in range(REPEATS):
            clock.spent = 0.0
            with stopwatch() as watch:
                MakeMore(options, steps=steps).fit(lines, on_step=clock.on(Recording()))
                whole = watch()
            shares.append(100 * clock.spent / (whole - clock.spent))
        title = f"{name}, {steps} steps: time that recording adds"
        recorder.measured(title, "per cent", shares, "less than 5")
    return "\n".join(lines.to_list()).encode()
