"""scikit-learn's manners, for a class whose constructor only stores its arguments."""

import inspect
from typing import Any, Self

import numpy as np

from makemore.errors import OptionError


class Parameters:
    """Gets, sets and shows the constructor's arguments, so that scikit-learn's tools work.

    Source: Buitinck et al. (2013), "API design for machine learning software", arXiv 1309.0238.
    """

    def get_params(self, deep: bool = True) -> dict[str, Any]:
        """The constructor's arguments by name."""
        del deep  # no parameter is an estimator
        return {name: getattr(self, name) for name in self._names()}

    def set_params(self, **params: Any) -> Self:
        """Changes some of the constructor's arguments.

        Raises:
            OptionError: there is no such argument.
        """
        for name, value in params.items():
            if name not in self._names():
                known = ", ".join(self._names())
                raise OptionError(f"parameter {name!r} is unknown: known are {known}")
            setattr(self, name, value)
        return self

    def plain_params(self) -> dict[str, Any]:
        """The parameters, numbers of NumPy as plain ones."""
        return {
            name: value.item() if isinstance(value, np.generic) else value
            for name, value in self.get_params().items()
        }

    def __repr__(self) -> str:
        """The call that makes it, as far as it differs from the default."""
        usual = type(self)().get_params()
        given = [f"{k}={v!r}" for k, v in self.get_params().items() if v != usual[k]]
        return f"{type(self).__name__}({', '.join(given)})"

    def __sklearn_tags__(self) -> Any:
        """What scikit-learn asks for before cross-validation; imported only when it asks."""
        from sklearn.utils import InputTags, Tags, TargetTags

        return Tags(
            estimator_type="density_estimator",
            target_tags=TargetTags(required=False),
            input_tags=InputTags(string=True, two_d_array=False),
        )

    @classmethod
    def _names(cls) -> list[str]:
        """The constructor's arguments."""
        return list(inspect.signature(cls).parameters)
