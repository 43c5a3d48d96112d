"""Overhead of recording a training, and of checkpoints from which it can be resumed."""

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

CLAIM = "recording and checkpoints each add less than a twentieth to the time of a training"
REPEATS = 5
TRIALS = (
    ("mlp", MLPOptions(), 600),
    ("gru", GRUOptions(hidden=128), 100),
    ("transformer", TransformerOptions(), 60),
)


class Clock:
    """Total time spent in some functions."""

    spent = 0.0

    def on(self, function):
        """Return the function wrapped so that its time is added."""

        def timed(*args):
            with stopwatch() as clock:
                function(*args)
                self.spent += clock()

        return timed


def run(recorder: Recorder) -> bytes:
    """Fit, and compare the time of recording and of checkpoints with the rest of the fit.

    On shared cores the variation between whole fits exceeds the overhead, so the overhead is timed
    from inside: in the callbacks after steps, and in the hooks of layers.
    """
    clock, record, keep = Clock(), _StepProbe._record_activations, RunDirectory.save
    lines = dataset_named("us-names").load()
    for name, options, steps in TRIALS:
        MakeMore(options, steps=5).fit(lines)  # warm up
        maker = MakeMore(options, steps=steps)
        _StepProbe._record_activations = clock.on(record)
        recorded = partial(maker.fit, lines, on_step=clock.on(Recording()))
        title = f"{name}, {steps} steps: time that recording adds"
        recorder.record(title, "per cent", _overheads(clock, recorded), "less than 5")
        _StepProbe._record_activations = record
        RunDirectory.save = clock.on(keep)
        title = f"{name}, {steps} steps: time that checkpoints add"
        recorder.record(
            title,
            "per cent",
            _overheads(clock, partial(_fit_with_checkpoints, maker, lines)),
            "less than 5",
        )
        RunDirectory.save = keep
    return "\n".join(lines.to_list()).encode()


def _fit_with_checkpoints(maker: MakeMore, lines: Lines) -> None:
    """Fit with checkpoints at evaluations on dev."""
    with tempfile.TemporaryDirectory() as folder:
        maker.fit(lines, run=folder)


def _overheads(clock: Clock, fit: Callable[[], object]) -> list[float]:
    """Return the overhead measured by the clock, in per cent of the rest of the fit."""
    shares = []
    for _ in range(REPEATS):
        clock.spent = 0.0
        gc.collect()  # collect the garbage of the last fit before timing
        with stopwatch() as watch:
            fit()
            whole = watch()
        shares.append(100 * clock.spent / (whole - clock.spent))
    return shares
