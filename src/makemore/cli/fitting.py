"""Learning a list and keeping the model, as `make`, `demo` and `fit` do."""

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
    """Where the model and what happened during the fit are written.

    Attributes:
        model: a file for the model.
        track: a folder for TensorBoard.
        report: a folder for the report and the recording of the training.
        run: a folder for the training itself, so that it can be resumed.
        resume: whether the folder of the run may hold one.
        every: steps from one checkpoint to the next.
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
    """Learn a list, write what is asked for, and say what was done.

    What can be wrong with the paths to write to is found before the list is read; but the folder
    of a run is made when training begins.
    """
    if outputs.model is not None:
        check_model(outputs.model)
    recording, run = prepare(outputs.report), _run(outputs)
    seen = recording if run is None else None  # a run has a recording of its own
    lines = None
    with ExitStack() as stack:
        on_step = Followers(stack, outputs.track, seen)
        continues = hasattr(maker, "learned_")
        if outputs.report is None and not continues:
            if sys.stderr.isatty() and maker.counts_blocks():  # no step will start it
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
    """The lines of a list that will be learned, in memory as a whole."""
    from makemore.corpus.lines import Lines
    from makemore.corpus.rare_lines import frequent

    return frequent(Lines.concatenated(blocks()), min_count)


class Followers:
    """Callbacks of all that follow a training: a progress bar, Ctrl-C, TensorBoard, a recording.

    The bar and Ctrl-C begin with the first step, and so are imported only for networks.
    """

    def __init__(self, stack: ExitStack, track: str | None, recording: "Recording | None") -> None:
        """Start what is seen before the first step; the stack ends all."""
        self._stack, self._is_training = stack, False
        self._callbacks: list[OnStep] = []
        if recording is not None:
            stack.callback(recording.stop)
            self._callbacks.append(recording)
        if track is not None:
            from makemore.cli.training import tracking

            self._callbacks.append(stack.enter_context(tracking(track)))

    def __call__(self, step: "Step") -> None:
        """Report a step."""
        if not self._is_training:
            from makemore.cli.training import interruptible, progress

            bar = self._stack.enter_context(progress("learning"))
            self._callbacks += [] if bar is None else [bar]
            self._callbacks.append(self._stack.enter_context(interruptible()))
            self._is_training = True
        for callback in self._callbacks:
            callback(step)


def _write(maker: "MakeMore", outputs: Outputs) -> None:
    """Write the model; say which folders keep nothing, as nothing was trained."""
    for folder in (outputs.run, outputs.track):
        if folder is not None and maker.learned_.report.steps is None:
            say(f"{maker.learned_.family} is counted, not trained: {folder} keeps nothing")
    if outputs.model is not None:
        maker.save(outputs.model)
        say(f"saved {outputs.model}")


def _run(outputs: Outputs) -> "RunDirectory | None":
    """The folder that keeps the training, if one is given.

    Raises:
        OptionError: it holds a run that shall not be resumed, or there is none to speak of.
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
    """Return an estimator that has learned nothing yet.

    Raises:
        OptionError: an option cannot be used.
    """
    from makemore.estimator.makemore import MakeMore

    options.check()
    return MakeMore(choose(model, pairs)).set_params(**options.parameters())


def old_maker(path: str, model: str, pairs: Sequence[str], options: FitOptions) -> "MakeMore":
    """Return an estimator that continues from a model file, with its options but those given.

    Raises:
        CheckpointError: the file cannot be read.
        OptionError: an option cannot be used.
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
        given |= {"budget", "steps"}  # one takes the place of the other
    changed = {name: value for name, value in options.parameters().items() if name in given}
    return MakeMore.load(path).set_params(**changed)


def at_once(model: str, options: FitOptions) -> FitOptions:
    """Return options with which `auto` counts, where no time was given."""
    is_free = model == "auto" and options.budget is None and options.steps is None
    return options.replace(budget=1.0) if is_free else options


def choose(model: str, pairs: Sequence[str]) -> str | Options:
    """Return a family's name, or its options where some were given.

    Raises:
        OptionError: there is no such family or option.
    """
    if not pairs:
        return model if model == "auto" else family_named(model).name
    if model == "auto":
        raise OptionError("-O sets an option of one family: name it with --model")
    family = family_named(model)
    options = family.options.of_strings(key_values(pairs))
    family.members(options)  # what cannot be read is said before the list is read
    return options


def fit_in_words(maker: "MakeMore") -> str:
    """Return what was learned, in a line."""
    fitted, report = maker.learned_, maker.learned_.report
    chosen = f"chose {report.chosen}; " if report.chosen else ""
    steps = f", {report.steps_in_words()}" if report.steps is not None else ""
    what = f"learned {fitted.family} in {report.seconds:.1f} s{steps}"
    planted = sum(len(each.lines) for each in fitted.canaries)
    besides = f"; learned {planted:,} random lines too" if planted else ""
    return f"{chosen}{what}; loss {report.losses_in_words()}{besides}{_unused_options(maker)}"


def _unused_options(maker: "MakeMore") -> str:
    """Which options of a training were given where nothing is trained; `auto` says it itself."""
    given = [
        f"--{field.name}".replace("_", "-")
        for field in fields(FitOptions)
        if field.default is None and getattr(maker, field.parameter) is not None
    ]
    if maker.model == "auto" or maker.learned_.report.steps is not None or not given:
        return ""
    return f"; nothing is trained in it, so that {' and '.join(given)} changed nothing"
