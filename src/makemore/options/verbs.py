"""The options of the verbs that have more than a file or two, each declared once."""

from makemore.options.declaration import Options, options, setting


@options
class SampleOptions(Options):
    """Which lines to draw, and how."""

    prefix: str = setting("", "how every line starts")
    label: str | None = setting(None, "the label of every line, for a list with labels")
    max_length: int | None = setting(None, "longest line; as long as the longest read if absent", 1)
    new: bool = setting(False, "leave out lines of the list that was learned")
    distinct: bool = setting(False, "never the same line twice")
    temperature: float = setting(1.0, "below 1 plays safe, above 1 dares", 1e-3, 1e3)
    top_k: int | None = setting(None, "only the k likeliest characters at each place", 1)
    top_p: float | None = setting(None, "only the likeliest characters that make up this share", 0, 1)
    seed: int = setting(0, "the same seed gives the same lines", 0, 2**63 - 1)
    patience: int = setting(1_000_000, "lines drawn in vain, in a row, before giving up", 1)


@options
class TrainOptions(Options):
    """How a network is trained; counted models take none of it."""

    steps: int | None = setting(None, "steps of the optimizer, instead of a budget", 1)
    rate: float | None = setting(None, "highest learning rate; the family's own if absent", 0, 1e3)
    weight_decay: float | None = setting(
        None, "decoupled weight decay; the family's own if absent", 0, 1e3
    )
    batch: int | None = setting(None, "lines in each step; the whole list if absent", 1)
    measurements: int = setting(50, "how often the dev part is looked at", 1)
    seed: int = setting(0, "the same seed gives the same model", 0, 2**63 - 1)
