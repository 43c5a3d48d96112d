"""`makemore data`: list or print the named corpora."""

from typing import Annotated

from cyclopts import Parameter

from makemore.cli.console import format_table, print_message, write_lines
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
        print("\n".join(format_table([("corpus", "description", "licence", "status"), *rows])))
        return
    corpus = dataset_named(name)
    available = {"label": corpus.labels is not None, "weight": corpus.weights is not None}
    if table_ and not any(available.values()):
        raise OptionError(f"the corpus {name} has neither labels nor weights: leave --table out")
    lines = corpus.load(
        with_labels=table_ and available["label"], with_weights=table_ and available["weight"]
    )
    print_message(f"{corpus.name}: {corpus.attribution}; licence: {corpus.licence}")
    columns = {"line": lines.to_list()}
    if lines.labels is not None:
        columns["label"] = lines.label_list()
    if lines.weights is not None:
        columns["weight"] = [f"{weight:.17g}" for weight in lines.weights.tolist()]
    header = ["\t".join(columns)] if table_ else []
    write_lines([*header, *map("\t".join, zip(*columns.values(), strict=True))])
