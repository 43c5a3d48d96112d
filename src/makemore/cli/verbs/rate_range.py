"""`makemore rate-range`: run a learning-rate range test."""

from makemore.cli.console import print_message, write_json
from makemore.cli.fitting import create_maker
from makemore.cli.output_paths import check_not_overwritten, check_picture_path, write_picture
from makemore.cli.parameters import File, Flag, Natural, Pairs, Source
from makemore.cli.reading import read
from makemore.options.verbs import FitOptions, InputOptions


def rate_range(
    *files: File,
    model: str = "gru",
    option: Pairs = (),
    seed: Natural = 0,
    json: Flag = False,
    picture: str | None = None,
    source: Source = InputOptions(),
) -> None:
    """Run a learning rate range test: train while the rate rises, and print each rate and loss.

    Every step uses the whole list, so the losses have no noise.

    For example: makemore rate-range names.txt --model mlp --picture rates.png

    Args:
        files: list to learn, in one or more files or folders: text with one line per item, a CSV or
            TSV table, or JSON; - reads standard input.
        model: family of the network; see makemore models.
        option: option of the family, as NAME=VALUE.
        seed: random seed of the initial weights.
        json: print JSON.
        picture: file for a plot of the curve: .png, .svg or .pdf.
    """
    if picture is not None:
        check_picture_path(picture)
        check_not_overwritten(picture, *files)
    maker = create_maker(model, option, FitOptions(seed=seed))
    result = maker.rate_range(read(files, source))
    if picture is not None:
        from makemore.plots.curves import rate_curve

        write_picture(rate_curve(result), picture)
    if json:
        rates, losses = result.rates.tolist(), result.losses.tolist()
        write_json({"rates": rates, "losses": losses, "suggestion": result.suggestion})
        return
    for rate, loss in zip(result.rates.tolist(), result.losses.tolist(), strict=True):
        print(f"{rate:.6f}\t{loss:.4f}")
    print_message(f"suggested: --rate {result.suggestion:.2g}")
