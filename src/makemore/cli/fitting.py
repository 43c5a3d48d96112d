"""Reading a list and learning it, as `make`, `demo` and `fit` do."""

import os
from collections.abc import Callable, Iterator, Sequence
from contextlib import AbstractContextManager, nullcontext
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

from makemore.cli.console import key_values, losses_in_words, progress, say, steps_in_words
from makemore.cli.interrupting import interruptible
from makemore.cli.output_paths import against, fill, prepare
from makemore.errors import CheckpointError, OptionError
from makemore.options.declaration import Options
from makemore.options.verbs import FitOptions, InputOptions
from makemore.registry import family_named

if TYPE_CHECKING:
    from makemore.checkpoint.run_directory import RunDirectory
    from makemore.corpus.lines import Lines
    from makemore.estimator.makemore import MakeMore
    from makemore.probe.recording import Recording

_PARAMETERS = {"seed": "random_state", "digests": "keep_digests"}  # what the estimator calls them


def read(file: str, source: InputOptions, labels: bool = True, weights: bool = True) -> "Lines":
    """Reads the list that a verb was given; `read_blocks` says how."""
    from makemore.corpus.lines import Lines

    return Lines.concatenated(read_blocks(file, source, labels, weights))


def read_blocks(
    file: str, source: InputOptions, labels: bool = True, weights: bool = True
) -> "Iterator[Lines]":
    """Reads the list that a verb was given, block by block.

    Args:
        file: where it is.
        source: how it is read.
        labels: whether the verb looks at labels.
        weights: whether it looks at weights.

    Raises:
        DataError: it cannot be read.
        OptionError: a column was named that would not be looked at.
    """
    from makemore.corpus.reading import lists as reading
    from makemore.corpus.reading.rows import Columns

    if source.label_column is not None and not labels:
        raise OptionError("--label-column would not be looked at here: leave it out")
    if source.weight_column is not None and not weights:
        raise OptionError("--weight-column would not be looked at here: leave it out")
    columns = None
    if source.column is not None:
        columns = Columns(source.column, source.weight_column, source.label_column)
    elif source.weight_column is not None or source.label_column is not None:
        raise OptionError(
            "--weight-column and --label-column need --column for the lines themselves"
        )
    return reading.read_blocks(file, columns, source.encoding)


@dataclass(frozen=True)
class Places:
    """Where what is learned is kept, and what happened meanwhile.

    Attributes:
        output: a file for the model.
        track: a folder for TensorBoard.
        report: a folder for the report and the recording of the training.
        run: a folder for the training itself, so that it can be resumed.
        resume: whether the folder of the run may hold one.
        every: steps from one checkpoint to the next.
    """

    output: str | None = None
    track: str | None = None
    report: str | None = None
    run: str | None = None
    resume: bool = False
    every: int | None = None


def learn(
    maker: "MakeMore",
    get: Callable[[], "Iterator[Lines]"],
    places: Places = Places(),
    adapt: bool = False,
) -> "MakeMore":
    """Learns the list it gets, keeps what is asked for, and says what was done.

    What can be wrong with the places to write to is found before the list is read; but the folder
    of a run is made when training begins.
    """
    from makemore.corpus.frequent import frequent
    from makemore.corpus.lines import Lines

    if places.output is not None:
        check_place(places.output)
    recording, run = prepare(places.report), _run(places)
    with tracking(places.track) as tracked:
        lines = None
        if places.report is not None or not maker.counts_blocks():
            lines = frequent(Lines.concatenated(get()), maker.min_count)
            say(str(lines.summary()))
        with progress("learning") as shown, interruptible() as interruption:
            seen = recording if run is None else None  # a run has a recording of its own
            told = [each for each in (shown, tracked, seen, interruption) if each is not None]

            def on_step(step: Any) -> None:
                for each in told:
                    each(step)

            source = get() if lines is None else lines
            maker.partial_fit(source, on_step=on_step, run=run, adapt=adapt)
    if lines is None:
        say(str(maker.learned_.cleaning))
    say(done(maker))
    _keep(maker, lines, places, recording, run)
    return maker


def _keep(
    maker: "MakeMore",
    lines: "Lines | None",
    places: Places,
    recording: "Recording | None",
    run: "RunDirectory | None",
) -> None:
    """Writes down what was learned, and what was seen of it."""
    if recording is not None:
        recording.stop()
    for folder in (places.run, places.track):
        if folder is not None and "steps" not in maker.learned_.report:
            say(f"{maker.learned_.family} is counted, not trained: {folder} keeps nothing")
    if places.output is not None:
        maker.save(places.output)
        say(f"saved {places.output}")
    if places.report is not None and recording is not None and lines is not None:
        recording = recording if run is None or run.recording is None else run.recording
        fill(places.report, maker, lines, recording, os.path.basename(places.output or "a model"))


def _run(places: Places) -> "RunDirectory | None":
    """The folder that keeps the training, if one is given.

    Raises:
        OptionError: it holds a run that shall not be resumed, or there is none to speak of.
    """
    if places.run is None:
        if places.resume or places.every is not None:
            raise OptionError("--resume and --every are for --run: give the folder of the run")
        return None
    from makemore.checkpoint.run_directory import RunDirectory

    run = RunDirectory(places.run, places.every)
    if places.resume:
        what = "going on with" if run.is_begun else "there is nothing yet to resume in"
        say(f"{what} {places.run}")
    if run.is_begun and not places.resume:
        raise OptionError(
            f"{places.run} holds a run: go on with it by --resume, or give another folder to --run"
        )
    return run


def tracking(folder: str | None) -> AbstractContextManager[Any]:
    """What writes a training down for TensorBoard, if a folder is given.

    Raises:
        OptionError: TensorBoard is not installed, or nothing can be written there.
    """
    if folder is None:
        return nullcontext()
    from makemore.probe.tensorboard import TensorBoardWriter

    return TensorBoardWriter(folder)


def new_maker(model: str, pairs: Sequence[str], how: FitOptions) -> "MakeMore":
    """An estimator that has learned nothing yet.

    Raises:
        OptionError: an option cannot be used.
    """
    from makemore.estimator.makemore import MakeMore

    return MakeMore(choose(model, pairs)).set_params(**_parameters(how))


def old_maker(path: str, model: str, pairs: Sequence[str], how: FitOptions) -> "MakeMore":
    """An estimator that goes on from a model file, with its options but those that are given.

    Raises:
        CheckpointError: the file cannot be read.
        OptionError: an option cannot be used.
    """
    from makemore.estimator.makemore import MakeMore

    if model != "auto" or pairs:
        raise OptionError("--from goes on with its own model: give no --model and no -O beside it")
    usual = FitOptions()
    given = {name for name, value in how.to_dict().items() if value != getattr(usual, name)}
    if given & {"budget", "steps"}:
        given |= {"budget", "steps"}  # one takes the place of the other
    names = {_PARAMETERS.get(name, name) for name in given}
    changed = {name: value for name, value in _parameters(how).items() if name in names}
    return MakeMore.load(path).set_params(**changed)


def _parameters(how: FitOptions) -> dict[str, Any]:
    """Options as the estimator's parameters."""
    how.check()
    return {_PARAMETERS.get(name, name): value for name, value in how.to_dict().items()}


def at_once(model: str, how: FitOptions) -> FitOptions:
    """What `auto` does where no time was given and lines are wanted now: it counts."""
    is_free = model == "auto" and how.budget is None and how.steps is None
    return how.replace(budget=1.0) if is_free else how


def choose(model: str, pairs: Sequence[str]) -> str | Options:
    """A family by name, or its options where some were given.

    Raises:
        OptionError: there is no such family or option.
    """
    if not pairs:
        return model if model == "auto" else family_named(model).name
    if model == "auto":
        raise OptionError("-O sets an option of one family: name it with --model")
    return family_named(model).options.of_strings(key_values(pairs))


def check_place(output: str) -> None:
    """Refuses, before any work, a place where nothing can be written.

    Raises:
        CheckpointError: it is a directory, or in one that does not exist or cannot be written to.
    """
    reason = "a model needs a file of its own" if output == "-" else against(output)
    if reason:
        raise CheckpointError(f"{output!r} cannot be written: {reason}; give another path to -o")


def done(maker: "MakeMore") -> str:
    """What was learned, in a line."""
    report = maker.learned_.report
    chosen = f"chose {report['chosen']}; " if report["chosen"] else ""
    steps = f", {steps_in_words(report)}" if "steps" in report else ""
    losses = losses_in_words(report)
    what = f"learned {maker.learned_.family} in {report['seconds']:.1f} s{steps}"
    planted = sum(len(each.lines) for each in maker.learned_.canaries)
    besides = f"; learned {planted:,} random lines too" if planted else ""
    return f"{chosen}{what}; loss {losses}{besides}{_idle(maker)}"


def _idle(maker: "MakeMore") -> str:
    """What was said of a training where nothing is trained; `auto` says itself what it chose."""
    names = ("budget", "steps", "rate", "weight_decay", "batch")
    given = [f"--{name}".replace("_", "-") for name in names if getattr(maker, name) is not None]
    if maker.model == "auto" or "steps" in maker.learned_.report or not given:
        return ""
    return f"; nothing is trained in it, so that {' and '.join(given)} changed nothing"
