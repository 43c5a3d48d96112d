"""`makemore data`: list or print the named corpora."""

from typing import Annotated

from cyclopts import Parameter

from makemore.cli.console import say, table, write_lines
from makemore.errors import OptionError


def data(
    name: str | None = None, *, table_: Annotated[bool, Parameter("--table", negative="")] = False
) -> None:
    """List the named corpora, or print the lines of one.

    For example: makemore data us-names > names.txt

    Args:
        name: name of a corpus.
        table_: print TSV with the columns line, label and weight, as far as the corpus has them.
    """
    from makemore.corpus.named.corpora import DATASETS, dataset_named

    if name is None:
        rows = [
            (
                d.name,
                d.description,
                d.licence,
                "installed" if d.is_installed() else f"needs {d.package}",
            )
            for d in DATASETS.values()
        ]
        print("\n".join(table([("corpus", "what it is", "licence", ""), *rows])))
        return
    corpus = dataset_named(name)
    has = {"label": corpus.labels is not None, "weight": corpus.weights is not None}
    if table_ and not any(has.values()):
        raise OptionError(f"the corpus {name} has neither labels nor weights: leave --table out")
    lines = corpus.load(with_labels=table_ and has["label"], with_weights=table_ and has["weight"])
    say(f"{corpus.name}: {corpus.attribution}; licence: {corpus.licence}")
    columns = {"line": lines.to_list()}
    if lines.labels is not None:
        columns["label"] = lines.label_list()
    if lines.weights is not None:
        columns["weight"] = [f"{weight:.17g}" for weight in lines.weights.tolist()]
    head = ["\t".join(columns)] if table_ else []
    write_lines([*head, *map("\t".join, zip(*columns.values(), strict=True))])
