"""`makemore report`: write a report on a model as an HTML page."""

import os

from makemore.cli.console import say_unknown
from makemore.cli.output_paths import check_kept, check_output, write_page
from makemore.cli.parameters import File, Natural, Output, Source
from makemore.cli.reading import read
from makemore.options.verbs import InputOptions


def report(
    model: str,
    file: File | None = None,
    *,
    output: Output,
    recording: str | None = None,
    line: str | None = None,
    seed: Natural = 0,
    source: Source = InputOptions(),
) -> None:
    """Write what happens inside a model as one page of HTML, with pictures.

    The page stands alone: it needs no network, and opens from disk. From the model file alone come
    lines made, tables and embeddings; lines add activations, gradients and what members of a
    mixture are good for; a recording adds the training.

    Args:
        model: a file that fit wrote.
        file: lines to look at it with, such as its list; - is standard input.
        output: where to write the page.
        recording: history.jsonl, from the folder that fit --report filled.
        line: the line along which to show where a Transformer looks; the first one made if absent.
        seed: of the lines made.
    """
    from makemore.estimator.makemore import MakeMore
    from makemore.probe.recording import Recording

    check_output(output)
    check_kept(output, model, file, recording)
    maker, lines = MakeMore.load(model), None
    if file is not None:
        lines = read(file, source, labels=len(maker.classes_) > 0)
        say_unknown(maker, lines, "they are left out")
    recorded = None if recording is None else Recording.load(recording)
    write_page(maker, lines, recorded, output, title=os.path.basename(model), line=line, seed=seed)
