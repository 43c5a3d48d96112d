"""`makemore data`: the named corpora."""

from typing import Annotated

from cyclopts import Parameter

from makemore.cli.console import say, table, write_lines


def data(
    name: str | None = None, *, table_: Annotated[bool, Parameter("--table", negative="")] = False
) -> None:
    """List the named corpora, or print the lines of one.

    Args:
        name: a corpus.
        table_: print columns line, label and weight, for a corpus that has them, as TSV.
    """
    from makemore.corpus.datasets import DATASETS, dataset_named

    if name is None:
        rows = [
            (d.name, d.what, d.licence, "installed" if d.is_there() else f"needs {d.package}")
            for d in DATASETS.values()
        ]
        print("\n".join(table([("corpus", "what it is", "licence", ""), *rows])))
        return
    corpus = dataset_named(name)
    lines = corpus.load(with_labels=table_, with_weights=table_)
    say(f"{corpus.name}: {corpus.attribution}; licence: {corpus.licence}")
    if not table_:
        write_lines(lines.to_list())
        return
    assert lines.labels is not None
    assert lines.weights is not None
    labels = (lines.label_names[i] for i in lines.labels.tolist())
    columns = zip(lines.to_list(), labels, lines.weights.tolist(), strict=True)
    body = (f"{line}\t{label}\t{weight:.17g}" for line, label, weight in columns)
    write_lines(["line\tlabel\tweight", *body])
