"""`makemore blend`: mix several models into one."""

from makemore.cli.console import print_message
from makemore.cli.fitting import describe_fit
from makemore.cli.output_paths import check_model_path, check_not_overwritten
from makemore.cli.parameters import File, Output, Source
from makemore.cli.reading import read
from makemore.errors import OptionError
from makemore.options.verbs import InputOptions


def blend(
    *models: str,
    output: Output,
    weights: str | None = None,
    by: File | None = None,
    source: Source = InputOptions(),
) -> None:
    """Mix several models into one, character by character.

    For example: makemore blend names.model brands.model -o both.model --weights 3,1

    Args:
        models: model files written by fit.
        output: path of the new model file.
        weights: weight of each model, such as 3,1; by default equal weights.
        by: list of lines that no model was fitted on; the weights are then those under which these
            lines are most likely.
    """
    from makemore.estimator.makemore import MakeMore

    check_model_path(output)
    check_not_overwritten(output, by)
    numbers = None if weights is None else _parse_numbers(weights)
    makers = [MakeMore.load(model) for model in models]
    maker = MakeMore.blend(makers, numbers, None if by is None else read([by], source))
    maker.save(output)  # before any message
    print_message(describe_fit(maker))
    print_message(f"saved {output}")


def _parse_numbers(weights: str) -> list[float]:
    """Parse comma-separated numbers."""
    try:
        return [float(each) for each in weights.split(",")]
    except ValueError:
        raise OptionError(f"--weights is {weights!r}: give numbers such as 3,1") from None
