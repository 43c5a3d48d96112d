"""`makemore serve`: serve models over HTTP."""

import ipaddress
import os
from collections.abc import Sequence
from pathlib import Path
from typing import TYPE_CHECKING, Annotated

from cyclopts import Group, Parameter

from makemore.cli.console import print_message
from makemore.cli.fitting import create_maker, default_to_counting
from makemore.cli.parameters import File, Flag, Natural, Source
from makemore.cli.reading import read_blocks
from makemore.errors import OptionError
from makemore.options.serving import Limits
from makemore.options.verbs import FitOptions, InputOptions

if TYPE_CHECKING:
    from makemore.estimator.makemore import MakeMore
    from makemore.serve.state import State

_KEY_VARIABLE = "MAKEMORE_API_KEY"
_SHORTEST_KEY = 16  # characters


def serve(
    *models: File,
    list_: Annotated[File | None, Parameter(name="--list")] = None,
    host: str = "127.0.0.1",
    port: Natural = 8000,
    api_key: str | None = None,
    no_auth: Flag = False,
    allow_host: Annotated[tuple[str, ...], Parameter(negative="")] = (),
    state: str | None = None,
    source: Source = InputOptions(),
    limits: Annotated[
        Limits, Parameter(name="*", group=Group("Bounds of requests", sort_key=2))
    ] = Limits(),
) -> None:
    """Serve models over HTTP: sample, score and learn lists from other programs.

    Without models and without a list, the bundled first names are served. The address is printed;
    its page /docs describes all requests.

    For example: makemore serve names.model

    Args:
        models: model files written by fit.
        list_: a list to learn and serve at once, by counting.
        host: address to listen at; one that other machines can reach needs a key.
        port: port to listen at; 0 chooses a free one.
        api_key: key that requests must have, of 16 characters or more. Other users of this machine
            can read it in the list of processes; the environment variable MAKEMORE_API_KEY hides
            it.
        no_auth: let anybody who can reach the address use the server.
        allow_host: name of this server that requests may use; may be given several times.
        state: directory in which learned and imported models and jobs are kept; without it, they
            are gone when the server stops.
    """
    key = _check_access(host, api_key, no_auth)
    try:
        from makemore.serve.app import build_app
        from makemore.serve.server import address_of, open_socket, run
        from makemore.serve.state import StateFolder, build_state
    except ModuleNotFoundError as error:
        raise OptionError(f"serve needs {error.name}: pip install 'makemore[serve]'") from None
    bound, folder = open_socket(host, port), StateFolder(state)
    try:
        served, problems = build_state(folder, limits)
        for sentence in problems:
            print_message(sentence)
        _add_models(served, models, list_, source)
        names = ", ".join(model.name for model in served.models)
        access = "" if key else ", to anybody who can reach it" if no_auth else ""
        print_message(f"serving {names} at {address_of(bound)}/docs{access}; Ctrl-C stops")
        run(build_app(served, allow_host, key), bound)
    finally:
        bound.close()
        folder.close()


def _check_access(host: str, api_key: str | None, no_auth: bool) -> str | None:
    """Return the key, or None if none is needed.

    Raises:
        OptionError: other machines could reach the server without a key, or the key is too short.
    """
    key = os.environ.get(_KEY_VARIABLE) if api_key is None else api_key
    if no_auth and key is not None:
        raise OptionError("--no-auth lets everybody in: leave it out, or the key")
    if key is not None and (len(key) < _SHORTEST_KEY or not key.isascii() or not key.isprintable()):
        raise OptionError(f"the key needs {_SHORTEST_KEY} or more printable ASCII characters")
    if key is None and not no_auth and not _is_loopback(host):
        raise OptionError(
            f"other machines can reach {host}: give --api-key, or --no-auth to let everybody in"
        )
    return key


def _is_loopback(host: str) -> bool:
    """Return whether only this machine can reach an address."""
    try:
        return ipaddress.ip_address(host).is_loopback
    except ValueError:
        return host == "localhost"


def _add_models(
    served: "State", models: Sequence[str], list_: str | None, source: InputOptions
) -> None:
    """Add the models that are given, and a list that is learned at once."""
    from makemore.corpus.named.corpora import dataset_named
    from makemore.estimator.makemore import MakeMore

    for path in models:
        served.models.add_given(Path(path), MakeMore.load(path))
    maker = create_maker("auto", (), default_to_counting("auto", FitOptions()))
    if list_ is not None:
        _store(served, Path(list_).stem, maker.fit(read_blocks([list_], source)))
    elif not models and not len(served.models):
        dataset = dataset_named("us-names")
        print_message(f"{dataset.name}: {dataset.description} ({dataset.attribution})")
        _store(served, dataset.name, maker.fit(dataset.load()))


def _store(served: "State", name: str, maker: "MakeMore") -> None:
    """Save a model, so that it can be downloaded, and add it."""
    folder = served.folder / "start"
    folder.mkdir(exist_ok=True)
    path = folder / f"{name}.model"
    maker.save(path)
    served.models.add_given(path, maker)
