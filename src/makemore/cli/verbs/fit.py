"""`makemore fit`: fit a model to a list and save it in one file."""

import sys

from makemore.cli.console import say
from makemore.cli.fitting import Outputs, learn, new_maker, old_maker
from makemore.cli.output_paths import check_kept
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
    file: File,
    *,
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
    """Learn a list and keep the model in one file.

    Args:
        file: text with one line for each thing, or a CSV, TSV or JSON lines table; - is standard
            input.
        output: where to keep the model.
        model: a family, see makemore models.
        option: an option of the family, as NAME=VALUE.
        from_: a model to go on from: it learns these lines on top of what it knows, with the
            options it was fitted with where none are given. Counts add up; networks learn the new
            lines among as many as they knew, drawn from themselves.
        track: a folder for TensorBoard: losses, rates, histograms; needs the extra `track`.
        report: a folder for a page that shows what happened inside, and what was recorded for it.
        run: a folder that keeps the training as it goes on, so that it can be resumed.
        resume: go on with the run that the folder holds, with the same list and options: it ends
            as if it had never been stopped.
        every: steps from one checkpoint of the run to the next; if absent, as often as takes a
            twentieth of the time at most.
        adapt: with --from, train networks on the new lines alone, and let them forget.
    """
    if adapt and from_ is None:
        raise OptionError("--adapt is for --from: there is nothing yet to forget")
    check_kept(output, file)
    if from_ is None:
        maker = new_maker(model, option, fitting)
    else:
        maker = old_maker(from_, model, option, fitting)
    outputs = Outputs(output, track, report, run, resume, every)
    learn(maker, lambda: read_blocks(file, source), outputs, adapt)
    if maker.learned_.report.stopped is not None:
        from makemore.cli.training import next_command

        say(f"go on with: {next_command(output, run)}")
        sys.exit(130)  # the exit status of shells for a program that Ctrl-C ended
