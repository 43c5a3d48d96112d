"""`makemore report`: write a report on a model as an HTML page."""

import os

from makemore.cli.console import warn_about_unknown
from makemore.cli.output_paths import check_not_overwritten, check_output_path, write_page
from makemore.cli.parameters import File, Natural, Output, Source
from makemore.cli.reading import read
from makemore.options.verbs import InputOptions


def report(
    model: str,
    *files: File,
    output: Output,
    recording: str | None = None,
    line: str | None = None,
    seed: Natural = 0,
    source: Source = InputOptions(),
) -> None:
    """Write a report on a model: one HTML page with tables and plots.

    The page is self-contained: it needs no network and opens from disk. The model file alone gives
    sampled lines, tables and embeddings; lines add activations, gradients and the use of each
    member of a mixture; a recording adds the training.

    For example: makemore report names.model names.txt -o names.html

    Args:
        model: model file written by fit.
        files: lines to examine the model on, such as its list: files or folders; - reads standard
            input.
        output: path of the page.
        recording: history.jsonl, from the directory of fit --report.
        line: line for which to show the attention of a Transformer; by default the first sampled
            one.
        seed: random seed of the sampled lines.
    """
    from makemore.estimator.makemore import MakeMore
    from makemore.probe.recording import Recording

    check_output_path(output)
    check_not_overwritten(output, model, *files, recording)
    maker, lines = MakeMore.load(model), None
    if files:
        lines = read(files, source, labels=len(maker.classes_) > 0)
        warn_about_unknown(maker, lines, "they are left out")
    recorded = None if recording is None else Recording.load(recording)
    write_page(maker, lines, recorded, output, title=os.path.basename(model), line=line, seed=seed)
