"""Base class of `MakeMore`: constructor parameters and access to the fitted model."""

import secrets
from collections.abc import Iterable
from inspect import Parameter, Signature, signature
from typing import TYPE_CHECKING, Self, TypedDict, Unpack

import numpy as np

from makemore.arrays import evenly_spaced
from makemore.corpus.lines import Lines
from makemore.errors import DataError, NotFittedError, OptionError
from makemore.options.declaration import Options, Value, fields
from makemore.options.verbs import FitOptions

if TYPE_CHECKING:
    from sklearn.utils import Tags

    from makemore.fitted import FittedModel


Strings = Lines | Iterable[str]

_MAX_PROBE_LINES = 2048  # maximum number of lines that `probe` examines
_MAX_PROBE_CHARACTERS = 2**16  # approximate: activations are stored for each character


class FitParameters(TypedDict, total=False):
    """The options of `FitOptions` by parameter name, for static type checkers."""

    budget: str | float | None
    steps: int | None
    threads: int | None
    plan: str | None
    rate: float | None
    weight_decay: float | None
    batch: int | None
    device: str
    split: str
    test: float
    random_state: int | None
    keep_digests: bool
    min_count: int
    starter: bool
    open_alphabet: bool
    canaries: int


_OPTIONS = {option.parameter: option for option in fields(FitOptions)}


class Estimator:
    """Base class with the parameter interface that scikit-learn's tools expect.

    The parameters are `model` and one parameter per option of `FitOptions`, with the same default.
    The constructor stores them and does nothing else.

    Source: Buitinck et al. (2013), "API design for machine learning software", arXiv 1309.0238.
    """

    model: str | Options
    learned_: "FittedModel"

    def __init__(self, model: str | Options = "auto", **parameters: Unpack[FitParameters]) -> None:
        """Store the parameters."""
        self.model = model
        unknown = parameters.keys() - _OPTIONS
        if unknown:
            raise TypeError(f"{type(self).__name__}() has no parameter {min(unknown)!r}")
        given = {**parameters}
        for name, option in _OPTIONS.items():
            setattr(self, name, given.get(name, option.default))

    def get_params(self, deep: bool = True) -> dict[str, Value | Options]:
        """Return the parameters by name."""
        del deep  # no parameter is an estimator
        return {name: getattr(self, name) for name in self._names()}

    def set_params(self, **parameters: Value | Options) -> Self:
        """Set parameters by name and return self.

        Raises:
            OptionError: a name is not a parameter.
        """
        for name, value in parameters.items():
            if name not in self._names():
                names = ", ".join(self._names())
                raise OptionError(f"parameter {name!r} is unknown: the parameters are {names}")
            setattr(self, name, value)
        return self

    def fit_options(self) -> FitOptions:
        """Return the parameters as validated `FitOptions`; without a random state, with a new seed.

        Raises:
            OptionError: a parameter is invalid.
        """
        plain = self.plain_params()
        if plain["random_state"] is None:
            plain["random_state"] = fresh_seed()
        return FitOptions.of({option.name: plain[name] for name, option in _OPTIONS.items()})

    def plain_params(self) -> dict[str, Value]:
        """Return all parameters except `model`, with NumPy scalars converted to Python numbers."""
        given = {name: getattr(self, name) for name in _OPTIONS}
        return {k: v.item() if isinstance(v, np.generic) else v for k, v in given.items()}

    def __repr__(self) -> str:
        """Return the constructor call with the parameters that differ from their defaults."""
        defaults = signature(type(self)).parameters
        arguments = [f"{k}={v!r}" for k, v in self.get_params().items() if v != defaults[k].default]
        return f"{type(self).__name__}({', '.join(arguments)})"

    def __sklearn_tags__(self) -> "Tags":
        """Return the estimator tags that scikit-learn reads before cross-validation."""
        from sklearn.utils import InputTags, Tags, TargetTags

        return Tags(
            estimator_type="density_estimator",
            target_tags=TargetTags(required=False),
            input_tags=InputTags(string=True, two_d_array=False),
        )

    @property
    def _fitted(self) -> "FittedModel":
        """The fitted model; raises NotFittedError before `fit`."""
        if not hasattr(self, "learned_"):
            raise NotFittedError(
                "this MakeMore is not fitted yet: call fit(lines), or MakeMore.load(path)"
            )
        return self.learned_

    @classmethod
    def _names(cls) -> list[str]:
        """Return the names of the constructor's parameters, including those a subclass adds."""
        return list(signature(cls).parameters)


# `help` and scikit-learn read this signature: every parameter by name, with its default.
setattr(  # noqa: B010  type checkers do not know this attribute
    Estimator.__init__,
    "__signature__",
    Signature(
        [
            Parameter("self", Parameter.POSITIONAL_OR_KEYWORD),
            Parameter("model", Parameter.POSITIONAL_OR_KEYWORD, default="auto"),
            *(
                Parameter(
                    name,
                    Parameter.KEYWORD_ONLY,
                    default=option.default,
                    annotation=FitParameters.__annotations__.get(name, Value),
                )
                for name, option in _OPTIONS.items()
            ),
        ]
    ),
)


def as_lines(
    lines: Strings, labels: Iterable[str] | None = None, weights: Iterable[float] | None = None
) -> Lines:
    """Return `Lines` unchanged; clean strings into `Lines` with their labels and weights."""
    if not isinstance(lines, Lines):
        return Lines.from_strings(lines, labels, weights)
    if labels is not None or weights is not None:
        raise DataError(
            "Lines carry their own labels and weights: give no labels or weights beside them"
        )
    return lines


def as_aligned_lines(lines: Strings, labels: Iterable[str] | None = None) -> Lines:
    """Return the input as `Lines`, with blank lines kept so that indices match."""
    if isinstance(lines, Lines):
        return as_lines(lines, labels)
    return Lines.from_strings(lines, labels, keep_blank=True)


def fresh_seed() -> int:
    """Return an unpredictable seed, for `random_state=None` and `seed=None`."""
    return secrets.randbelow(2**63)


def probe_lines(lines: Lines) -> Lines:
    """Return the lines that `probe` examines, evenly spaced; see `MakeMore.looked_at`."""
    subset = lines.select(evenly_spaced(len(lines), _MAX_PROBE_LINES))
    max_lines = int(_MAX_PROBE_CHARACTERS / max(1.0, float(subset.lengths().mean())))
    return subset.select(evenly_spaced(len(subset), max(1, max_lines)))
