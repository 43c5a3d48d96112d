"""`makemore classify`: predict the label of each line."""

from makemore.cli.console import warn_about_unknown, write_json
from makemore.cli.parameters import File, Flag, Source
from makemore.cli.reading import read
from makemore.corpus.control_characters import escape_controls
from makemore.options.verbs import InputOptions


def classify(
    model: str,
    *files: File,
    json: Flag = False,
    source: Source = InputOptions(),
) -> None:
    """Predict the label of each line: print the label, its probability and the line.

    The prediction is by Bayes' rule, from the likelihood of the line under each label and the share
    of each label in the list.

    For example: makemore classify by-sex.model names.txt

    Args:
        model: model file written by fit, from a list with labels.
        files: lines to classify: files or folders; - reads standard input.
        json: print JSON, one object per line, with the probability of every label.
    """
    from makemore.estimator.makemore import MakeMore

    maker, lines = MakeMore.load(model), read(files, source, labels=False, weights=False)
    names = maker.classes_.tolist()
    for line, probs in zip(lines.to_list(), maker.predict_proba(lines).tolist(), strict=True):
        best = max(range(len(names)), key=probs.__getitem__)
        if json:
            probabilities = dict(zip(names, probs, strict=True))
            write_json({"line": line, "label": names[best], "probabilities": probabilities})
        else:
            print(f"{escape_controls(names[best])}\t{probs[best]:.4f}\t{escape_controls(line)}")
    warn_about_unknown(maker, lines, "they get the most frequent label")
