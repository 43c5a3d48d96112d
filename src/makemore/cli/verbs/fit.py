"""`makemore fit`: fit a model to a list and save it in one file."""

import sys

from makemore.cli.console import print_message
from makemore.cli.fitting import Outputs, create_maker, fit_and_save, load_maker
from makemore.cli.interruption import Interrupted
from makemore.cli.output_paths import check_not_overwritten
from makemore.cli.parameters import (
    File,
    Fitting,
    Flag,
    From,
    Output,
    Pairs,
    Positive,
    Source,
)
from makemore.cli.reading import read_blocks
from makemore.errors import OptionError
from makemore.options.verbs import FitOptions, InputOptions


def fit(
    *files: File,
    output: Output,
    model: str = "auto",
    option: Pairs = (),
    from_: From | None = None,
    adapt: Flag = False,
    track: str | None = None,
    report: str | None = None,
    run: str | None = None,
    resume: Flag = False,
    every: Positive | None = None,
    source: Source = InputOptions(),
    fitting: Fitting = FitOptions(),
) -> None:
    """Learn a list and save the model to one file.

    For example: makemore fit names.txt -o names.model --budget 2m

    Args:
        files: list to learn, in one or more files or folders: text with one line per item, a CSV or
            TSV table, or JSON; - reads standard input.
        output: path of the model file.
        model: family of the model; see makemore models.
        option: option of the family, as NAME=VALUE.
        from_: model file to continue from: the model also learns these lines, with the options it
            was fitted with unless others are given. Counts add up; networks are trained on the new
            lines and on as many lines sampled from themselves as they had learned.
        track: directory for TensorBoard: losses, learning rates, histograms; needs the extra
            `track`.
        report: directory for a report page on the model, and the recording of its training.
        run: directory for checkpoints of the training, so that it can be resumed.
        resume: resume the run in that directory, with the same list and options; the result is the
            same as without the interruption.
        every: number of steps between checkpoints of the run; by default as often as takes at most
            a twentieth of the time.
        adapt: with --from, train networks on the new lines alone, so that they forget the old ones.
    """
    if adapt and from_ is None:
        raise OptionError("--adapt needs --from: a new model has nothing to forget")
    check_not_overwritten(output, *files)
    if from_ is None:
        maker = create_maker(model, option, fitting)
    else:
        maker = load_maker(from_, model, option, fitting)
    outputs = Outputs(output, track, report, run, resume, every)
    try:
        status = fit_and_save(maker, lambda: read_blocks(files, source), outputs, adapt)
    except Interrupted:
        if run is not None and _is_resumable(run):
            _print_next_command(output, run)
        raise
    if status is not None:
        _print_next_command(output, run)
        sys.exit(status)


def _is_resumable(run: str) -> bool:
    """Return whether a run directory holds a checkpoint, if only of the start."""
    from makemore.checkpoint.run_directory import RunDirectory

    return RunDirectory(run).has_checkpoint


def _print_next_command(output: str, run: str | None) -> None:
    """Print the command that continues an interrupted training."""
    from makemore.cli.training import next_command

    print_message(f"continue with: {next_command(output, run)}")
