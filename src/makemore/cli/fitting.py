"""Fitting and saving a model, shared by `make`, `demo` and `fit`."""

import os
import sys
from collections.abc import Callable, Iterator, Sequence
from contextlib import ExitStack
from dataclasses import dataclass
from typing import TYPE_CHECKING

from makemore.cli.console import parse_pairs, print_message, warn_if_diverged
from makemore.cli.interruption import InterruptHandler, handle_signals
from makemore.cli.output_paths import check_model_path, prepare_directory, write_report_directory
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


_FEW_STEPS = 50  # with fewer, a message says so


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


def fit_and_save(
    maker: "MakeMore",
    blocks: "Callable[[], Iterator[Lines]]",
    outputs: Outputs = Outputs(),
    adapt: bool = False,
) -> int | None:
    """Fit the model, write the outputs, and print a summary.

    Output paths are checked before the list is read. The run directory is an exception: it is
    created when training starts.

    Returns:
        the exit status of the signal that stopped the training; None if none did.
    """
    if outputs.model is not None:
        check_model_path(outputs.model)
    recording, run = prepare_directory(outputs.report), _open_run(outputs)
    own_recording = recording if run is None else None  # a run directory has its own recording
    lines = None
    with ExitStack() as stack:
        on_step = StepCallbacks(stack, outputs.track, own_recording)
        is_continued = hasattr(maker, "learned_")
        if outputs.report is None and not is_continued:
            if sys.stderr.isatty() and maker.counts_blocks():  # no training step starts the bar
                from makemore.cli.training import show_progress

                stack.enter_context(show_progress("fitting"))
            maker.fit(
                blocks(), on_step=on_step, run=run, on_read=lambda read: print_message(str(read))
            )
        else:
            lines = _read_list(blocks, maker.fit_options().min_count)
            print_message(str(lines.summary()))
            if is_continued:
                maker.partial_fit(lines, on_step=on_step, run=run, adapt=adapt)
            else:
                maker.fit(lines, on_step=on_step, run=run)
    if outputs.model is not None:
        maker.save(outputs.model)  # before any message
    _print_summary(maker, outputs)
    if outputs.report is not None and lines is not None:
        final_recording = recording if run is None else run.recording or recording
        if maker.learned_.report.starter_steps is not None:
            final_recording = None  # it has no steps
        title = os.path.basename(outputs.model or "a model")
        write_report_directory(outputs.report, maker, lines, final_recording, title)
    return on_step.interruption.status


def _read_list(blocks: "Callable[[], Iterator[Lines]]", min_count: int) -> "Lines":
    """Return the whole list in memory, without lines that occur too rarely."""
    from makemore.corpus.lines import Lines
    from makemore.corpus.rare_lines import drop_rare

    return drop_rare(Lines.concatenate(blocks()), min_count)


class StepCallbacks:
    """Step callback that forwards to progress bar, Ctrl-C handler, TensorBoard and recording.

    The progress bar and the handling of signals start with the first step. Models that are only
    counted do not import the progress bar.

    Attributes:
        interruption: the handler of Ctrl-C and of other signals that end the program.
    """

    def __init__(self, stack: ExitStack, track: str | None, recording: "Recording | None") -> None:
        """Start the recording and TensorBoard; closing the stack stops all callbacks."""
        self._stack, self._is_training = stack, False
        self.interruption = InterruptHandler()
        self._callbacks: list[OnStep] = []
        if recording is not None:
            stack.callback(recording.stop)
            self._callbacks.append(recording)
        if track is not None:
            from makemore.cli.training import open_tensorboard

            self._callbacks.append(stack.enter_context(open_tensorboard(track)))

    def __call__(self, step: "Step") -> None:
        """Pass a step to all callbacks."""
        if not self._is_training:
            from makemore.cli.training import show_progress

            self._callbacks.append(self._stack.enter_context(show_progress("fitting")))
            self._stack.enter_context(handle_signals(self.interruption.handle))
            self._callbacks.append(self.interruption)
            self._is_training = True
        for callback in self._callbacks:
            callback(step)


def _print_summary(maker: "MakeMore", outputs: Outputs) -> None:
    """Print the choice of a family, the losses, and where the model is.

    Directories that are empty because nothing was trained are named.
    """
    if maker.learned_.report.chosen is not None:
        print_message(f"chose {maker.learned_.report.chosen}")
    print_message(describe_fit(maker))
    warn_if_diverged(maker, "fit it again with a lower --rate")
    _warn_if_short(maker)
    for folder in (outputs.run, outputs.track):
        if folder is not None and maker.learned_.report.plan is None:
            reason = f"{maker.learned_.family} is a count model without training steps"
            if maker.learned_.report.starter_steps is not None:
                reason = "the starter's training on the list is not recorded"
            print_message(f"{reason}: nothing was written to {folder}")
    if outputs.model is not None:
        print_message(f"saved {outputs.model}")


def _warn_if_short(maker: "MakeMore") -> None:
    """Print a message if the budget allowed so few steps that a network has hardly learned."""
    report = maker.learned_.report
    options = maker.fit_options()
    is_fixed = options.steps is not None or options.plan is not None
    if report.plan is None or report.stopped is not None or is_fixed:
        return
    from makemore.training.plan import parse_plans

    fewest = min(plan.end for plan in parse_plans(report.plan))
    if fewest < _FEW_STEPS:
        steps = "one step" if fewest == 1 else f"{fewest} steps"
        print_message(
            f"the budget allowed {steps} of training, too few to learn well: give a longer "
            "--budget, a smaller network, or a smaller --batch"
        )


def _open_run(outputs: Outputs) -> "RunDirectory | None":
    """Return the run directory, or None if no path is given.

    Raises:
        OptionError: the directory holds a run and `resume` is false, or `resume` or `every` is
            given without a directory.
    """
    if outputs.run is None:
        if outputs.resume or outputs.every is not None:
            raise OptionError("--resume and --every need --run: give the directory of the run")
        return None
    from makemore.checkpoint.run_directory import RunDirectory

    run = RunDirectory(outputs.run, outputs.every)
    if outputs.resume:
        action = "resuming" if run.has_checkpoint else "no run to resume yet, starting one in"
        print_message(f"{action} {outputs.run}")
    if run.has_checkpoint and not outputs.resume:
        raise OptionError(
            f"{outputs.run} already holds a run: resume it with --resume, or give another "
            "directory to --run"
        )
    return run


def create_maker(model: str, pairs: Sequence[str], options: FitOptions) -> "MakeMore":
    """Return an unfitted estimator.

    Raises:
        OptionError: an option is invalid.
    """
    from makemore.estimator.makemore import MakeMore

    options.check()
    return MakeMore(parse_model(model, pairs)).set_params(**options.parameters())


def load_maker(path: str, model: str, pairs: Sequence[str], options: FitOptions) -> "MakeMore":
    """Return the estimator of a model file; the options given replace its own.

    Raises:
        CheckpointError: the file cannot be read.
        OptionError: an option is invalid.
    """
    from makemore.estimator.makemore import MakeMore

    if model != "auto" or pairs:
        raise OptionError("--from continues the model of that file: leave out --model and -O")
    options.check()
    changed_names = {
        field.parameter
        for field in fields(FitOptions)
        if getattr(options, field.name) != field.default
    }
    if changed_names & {"budget", "steps"}:
        changed_names |= {"budget", "steps"}  # the two exclude each other, so both are replaced
    parameters = {
        name: value for name, value in options.parameters().items() if name in changed_names
    }
    return MakeMore.load(path).set_params(**parameters)


def default_to_counting(model: str, options: FitOptions) -> FitOptions:
    """Return options that make `auto` choose a count model, unless budget or steps are given."""
    is_free = model == "auto" and options.budget is None and options.steps is None
    return options.replace(budget=1.0) if is_free else options


def parse_model(model: str, pairs: Sequence[str]) -> str | Options:
    """Return the name of a family, or its options if any are given.

    Raises:
        OptionError: the family or an option is unknown.
    """
    if not pairs:
        return model if model == "auto" else family_named(model).name
    if model == "auto":
        raise OptionError("-O sets an option of one family: name the family with --model")
    family = family_named(model)
    options = family.options.of_strings(parse_pairs(pairs))
    family.members(options)  # raises for invalid members before the list is read
    return options


def describe_fit(maker: "MakeMore") -> str:
    """Return a one-line summary of the fit."""
    fitted, report = maker.learned_, maker.learned_.report
    in_steps = f", {report.format_steps()}" if report.steps is not None else ""
    summary = f"fitted {fitted.family} in {report.seconds:.1f} s{in_steps}"
    canary_count = sum(len(each.lines) for each in fitted.canaries)
    canaries = f"; also learned {canary_count:,} canaries" if canary_count else ""
    return f"{summary}; loss {report.format_losses()}{canaries}{_unused_options(maker)}"


def _unused_options(maker: "MakeMore") -> str:
    """Return a note on training options that had no effect because nothing was trained.

    The note is empty for `auto`, whose reason for the choice already states it.
    """
    flags = [
        f"--{field.name}".replace("_", "-")
        for field in fields(FitOptions)
        if field.default is None and getattr(maker, field.parameter) is not None
    ]
    if maker.model == "auto" or maker.learned_.report.steps is not None or not flags:
        return ""
    return f"; no training steps were run, so {' and '.join(flags)} had no effect"
