"""`makemore classify`: predict the label of each line."""

from makemore.cli.console import say_unknown, write_json
from makemore.cli.parameters import File, Flag, Source
from makemore.cli.reading import read
from makemore.corpus.control_characters import visible
from makemore.options.verbs import InputOptions


def classify(
    model: str,
    file: File,
    *,
    json: Flag = False,
    source: Source = InputOptions(),
) -> None:
    """Say which label each line has: the most probable one, its probability, the line.

    By Bayes' rule, from how probable the line is under each label and how often each label stood in
    the list.

    Args:
        model: a file that fit wrote, of a list with labels.
        file: lines to tell the labels of; - is standard input.
        json: print JSON, one object for each line, with the probability of every label.
    """
    from makemore.estimator.makemore import MakeMore

    maker, lines = MakeMore.load(model), read(file, source, labels=False, weights=False)
    names = maker.classes_.tolist()
    for line, probs in zip(lines.to_list(), maker.predict_proba(lines).tolist(), strict=True):
        best = max(range(len(names)), key=probs.__getitem__)
        if json:
            probabilities = dict(zip(names, probs, strict=True))
            write_json({"line": line, "label": names[best], "probabilities": probabilities})
        else:
            print(f"{visible(names[best])}\t{probs[best]:.4f}\t{visible(line)}")
    say_unknown(maker, lines, "theirs is the commonest label")
