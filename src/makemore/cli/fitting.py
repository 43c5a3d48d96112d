"""Fitting and saving a model, shared by `make`, `demo` and `fit`."""

import os
import sys
from collections.abc import Callable, Iterator, Sequence
from contextlib import ExitStack
from dataclasses import dataclass
from typing import TYPE_CHECKING

from makemore.cli.console import key_values, say
from makemore.cli.output_paths import check_model, fill, prepare
from makemore.errors import OptionError
from makemore.options.declaration import Options, fields
from makemore.options.verbs import FitOptions
from makemore.registry import family_named

if TYPE_CHECKING:
    from makemore.checkpoint.run_directory import RunDirectory
    from makemore.corpus.lines import Lines
    from makemore.estimator.makemore import MakeMore
    from makemore.probe.recording import Recording
    from makemore.training.callbacks import OnStep
    from makemore.training.loop import Step


@dataclass(frozen=True)
class Outputs:
    """Output paths of a fit, and checkpoint settings.

    Attributes:
        model: file for the model.
        track: directory for TensorBoard.
        report: directory for the report and the recording of the training.
        run: directory for the checkpoints, from which the training can be resumed.
        resume: whether to resume a run that the directory holds.
        every: checkpoint interval, in steps.
    """

    model: str | None = None
    track: str | None = None
    report: str | None = None
    run: str | None = None
    resume: bool = False
    every: int | None = None


def learn(
    maker: "MakeMore",
    blocks: "Callable[[], Iterator[Lines]]",
    outputs: Outputs = Outputs(),
    adapt: bool = False,
) -> "MakeMore":
    """Fit the model, write the outputs, and print a summary.

    Output paths are checked before the list is read. The run directory is an exception: it is
    created when training starts.
    """
    if outputs.model is not None:
        check_model(outputs.model)
    recording, run = prepare(outputs.report), _run(outputs)
    seen = recording if run is None else None  # a run directory has its own recording
    lines = None
    with ExitStack() as stack:
        on_step = Followers(stack, outputs.track, seen)
        continues = hasattr(maker, "learned_")
        if outputs.report is None and not continues:
            if sys.stderr.isatty() and maker.counts_blocks():  # no training step starts the bar
                from makemore.cli.training import progress

                stack.enter_context(progress("learning"))
            maker.fit(blocks(), on_step=on_step, run=run, on_read=lambda read: say(str(read)))
        else:
            lines = _whole(blocks, maker.fit_options().min_count)
            say(str(lines.summary()))
            if continues:
                maker.partial_fit(lines, on_step=on_step, run=run, adapt=adapt)
            else:
                maker.fit(lines, on_step=on_step, run=run)
    say(fit_in_words(maker))
    _write(maker, outputs)
    if outputs.report is not None and lines is not None:
        kept = recording if run is None else run.recording or recording
        title = os.path.basename(outputs.model or "a model")
        fill(outputs.report, maker, lines, kept, title)
    return maker


def _whole(blocks: "Callable[[], Iterator[Lines]]", min_count: int) -> "Lines":
    """Return the whole list in memory, without lines that occur too rarely."""
    from makemore.corpus.lines import Lines
    from makemore.corpus.rare_lines import drop_rare

    return drop_rare(Lines.concatenate(blocks()), min_count)


class Followers:
    """Step callback that forwards to progress bar, Ctrl-C handler, TensorBoard and recording.

    The progress bar and the Ctrl-C handler start with the first step, so they are imported only for
    networks.
    """

    def __init__(self, stack: ExitStack, track: str | None, recording: "Recording | None") -> None:
        """Start the recording and TensorBoard; closing the stack stops all callbacks."""
        self._stack, self._is_training = stack, False
        self._callbacks: list[OnStep] = []
        if recording is not None:
            stack.callback(recording.stop)
            self._callbacks.append(recording)
        if track is not None:
            from makemore.cli.training import tracking

            self._callbacks.append(stack.enter_context(tracking(track)))

    def __call__(self, step: "Step") -> None:
        """Pass a step to all callbacks."""
        if not self._is_training:
            from makemore.cli.training import interruptible, progress

            bar = self._stack.enter_context(progress("learning"))
            self._callbacks += [] if bar is None else [bar]
            self._callbacks.append(self._stack.enter_context(interruptible()))
            self._is_training = True
        for callback in self._callbacks:
            callback(step)


def _write(maker: "MakeMore", outputs: Outputs) -> None:
    """Save the model; report which directories stay empty because nothing was trained."""
    for folder in (outputs.run, outputs.track):
        if folder is not None and maker.learned_.report.steps is None:
            say(f"{maker.learned_.family} is counted, not trained: {folder} keeps nothing")
    if outputs.model is not None:
        maker.save(outputs.model)
        say(f"saved {outputs.model}")


def _run(outputs: Outputs) -> "RunDirectory | None":
    """Return the run directory, or None if no path is given.

    Raises:
        OptionError: the directory holds a run and `resume` is false, or `resume` or `every` is
            given without a directory.
    """
    if outputs.run is None:
        if outputs.resume or outputs.every is not None:
            raise OptionError("--resume and --every are for --run: give the folder of the run")
        return None
    from makemore.checkpoint.run_directory import RunDirectory

    run = RunDirectory(outputs.run, outputs.every)
    if outputs.resume:
        what = "going on with" if run.is_begun else "there is nothing yet to resume in"
        say(f"{what} {outputs.run}")
    if run.is_begun and not outputs.resume:
        raise OptionError(
            f"{outputs.run} holds a run: go on with it by --resume, or give another folder to --run"
        )
    return run


def new_maker(model: str, pairs: Sequence[str], options: FitOptions) -> "MakeMore":
    """Return an unfitted estimator.

    Raises:
        OptionError: an option is invalid.
    """
    from makemore.estimator.makemore import MakeMore

    options.check()
    return MakeMore(choose(model, pairs)).set_params(**options.parameters())


def old_maker(path: str, model: str, pairs: Sequence[str], options: FitOptions) -> "MakeMore":
    """Return the estimator of a model file; the options given replace its own.

    Raises:
        CheckpointError: the file cannot be read.
        OptionError: an option is invalid.
    """
    from makemore.estimator.makemore import MakeMore

    if model != "auto" or pairs:
        raise OptionError("--from goes on with its own model: give no --model and no -O beside it")
    options.check()
    given = {
        field.parameter
        for field in fields(FitOptions)
        if getattr(options, field.name) != field.default
    }
    if given & {"budget", "steps"}:
        given |= {"budget", "steps"}  # the two exclude each other, so both are replaced
    changed = {name: value for name, value in options.parameters().items() if name in given}
    return MakeMore.load(path).set_params(**changed)


def at_once(model: str, options: FitOptions) -> FitOptions:
    """Return options that make `auto` choose a count model, unless budget or steps are given."""
    is_free = model == "auto" and options.budget is None and options.steps is None
    return options.replace(budget=1.0) if is_free else options


def choose(model: str, pairs: Sequence[str]) -> str | Options:
    """Return the name of a family, or its options if any are given.

    Raises:
        OptionError: the family or an option is unknown.
    """
    if not pairs:
        return model if model == "auto" else family_named(model).name
    if model == "auto":
        raise OptionError("-O sets an option of one family: name it with --model")
    family = family_named(model)
    options = family.options.of_strings(key_values(pairs))
    family.members(options)  # raises for invalid members before the list is read
    return options


def fit_in_words(maker: "MakeMore") -> str:
    """Return a one-line summary of the fit."""
    fitted, report = maker.learned_, maker.learned_.report
    chosen = f"chose {report.chosen}; " if report.chosen else ""
    steps = f", {report.steps_in_words()}" if report.steps is not None else ""
    what = f"learned {fitted.family} in {report.seconds:.1f} s{steps}"
    planted = sum(len(each.lines) for each in fitted.canaries)
    besides = f"; learned {planted:,} random lines too" if planted else ""
    return f"{chosen}{what}; loss {report.losses_in_words()}{besides}{_unused_options(maker)}"


def _unused_options(maker: "MakeMore") -> str:
    """Return a note on training options that had no effect because nothing was trained.

    The note is empty for `auto`, whose reason for the choice says it.
    """
    given = [
        f"--{field.name}".replace("_", "-")
        for field in fields(FitOptions)
        if field.default is None and getattr(maker, field.parameter) is not None
    ]
    if maker.model == "auto" or maker.learned_.report.steps is not None or not given:
        return ""
    return f"; nothing is trained in it, so that {' and '.join(given)} changed nothing"
