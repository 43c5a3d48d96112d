"""What it costs to record a training, and to keep it so that it can be resumed."""

import gc
import tempfile
from collections.abc import Callable
from functools import partial

from recording import Recorder, stopwatch

from makemore import GRUOptions, MakeMore, MLPOptions, TransformerOptions
from makemore.checkpoint.run_directory import RunDirectory
from makemore.corpus.lines import Lines
from makemore.corpus.named.corpora import dataset_named
from makemore.probe.recording import Recording, _StepProbe

CLAIM = "recording a training, and keeping it, take less than a twentieth of its time each"
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
    """Fits, and compares what recording, and what checkpoints took with what is left.

    Whole fits with and without them differ by more than they take, this way and that, on cores that
    are shared; so they are timed from inside: what is done after steps, and while layers are asked.
    """
    clock, record, keep = Clock(), _StepProbe._record_activations, RunDirectory.keep
    lines = dataset_named("us-names").load()
    for name, options, steps in TRIALS:
        MakeMore(options, steps=5).fit(lines)  # warm
        maker = MakeMore(options, steps=steps)
        _StepProbe._record_activations = clock.on(record)
        recorded = partial(maker.fit, lines, on_step=clock.on(Recording()))
        title = f"{name}, {steps} steps: time that recording adds"
        recorder.measured(title, "per cent", _added(clock, recorded), "less than 5")
        _StepProbe._record_activations = record
        RunDirectory.keep = clock.on(keep)
        title = f"{name}, {steps} steps: time that checkpoints add"
        recorder.measured(
            title, "per cent", _added(clock, partial(_kept, maker, lines)), "less than 5"
        )
        RunDirectory.keep = keep
    return "\n".join(lines.to_list()).encode()


def _kept(maker: MakeMore, lines: Lines) -> None:
    """Fits with checkpoints at each look at the dev part."""
    with tempfile.TemporaryDirectory() as folder:
        maker.fit(lines, run=folder)


def _added(clock: Clock, fit: Callable[[], object]) -> list[float]:
    """How much longer fits took for what is on the clock, per cent."""
    shares = []
    for _ in range(REPEATS):
        clock.spent = 0.0
        gc.collect()  # what is left of the last fit is collected in no part of this one
        with stopwatch() as watch:
            fit()
            whole = watch()
        shares.append(100 * clock.spent / (whole - clock.spent))
    return shares
