"""The models that the server has, each in a file."""

import json
import re
import secrets
import time
from collections.abc import Iterator
from concurrent.futures import Executor
from dataclasses import dataclass
from pathlib import Path

from makemore.checkpoint.model_file import Document
from makemore.errors import CheckpointError
from makemore.estimator.makemore import MakeMore
from makemore.files import write_atomically
from makemore.options.serving import Limits
from makemore.serve.problems import ConflictError, NotFoundError, TooManyError
from makemore.serve.sampling import ModelSampler

_MODEL, _FACTS = ".model", ".json"  # suffixes of the two files of a model
_NOT_IN_NAMES = re.compile(r"[^A-Za-z0-9_-]+")


@dataclass(eq=False)
class ServedModel:
    """A model that the server has.

    Attributes:
        name: its name in addresses.
        title: a text by which people recognise it; may be empty.
        origin: `start` if it was given when the server started, `learned` or `imported`.
        created: when it was added, in seconds since 1970.
        path: its file.
        maker: the model.
        sampler: draws its lines.
    """

    name: str
    title: str
    origin: str
    created: float
    path: Path
    maker: MakeMore
    sampler: ModelSampler

    def facts(self) -> Document:
        """Return what a client may want to know of it."""
        fitted = self.maker.learned_
        return {
            "name": self.name,
            "title": self.title,
            "origin": self.origin,
            "created": self.created,
            "family": fitted.family,
            "lines": fitted.cleaning.kept,
            "longest": fitted.longest,
            "characters": fitted.vocabulary.characters,
            "labels": list(fitted.vocabulary.labels),
            "train_loss": fitted.report.train_loss,
            "dev_loss": fitted.report.dev_loss,
            "has_digests": fitted.digests is not None,
        }


class Models:
    """The models by name.

    Models that are learned or imported have names made by the server, and a file of that name in
    its folder; the text of a request never becomes part of a path.
    """

    def __init__(self, folder: Path, limits: Limits, workers: Executor) -> None:
        """Create an empty collection; the folder must exist.

        Args:
            folder: where models are stored that are learned or imported.
            limits: the bounds of the server.
            workers: what runs long draws.
        """
        self._folder, self._limits, self._workers = folder, limits, workers
        self._models: dict[str, ServedModel] = {}

    def __iter__(self) -> Iterator[ServedModel]:
        """Iterate over the models, in the order in which they were added."""
        return iter(list(self._models.values()))

    def __len__(self) -> int:
        """Return the number of models."""
        return len(self._models)

    def __getitem__(self, name: str) -> ServedModel:
        """Return the model of a name.

        Raises:
            NotFoundError: there is none.
        """
        if name not in self._models:
            raise NotFoundError(
                f"there is no model {name!r}: GET /v1/models lists the models of this server"
            )
        return self._models[name]

    def check_room(self, more: int = 1) -> None:
        """Check that there may be further models.

        Raises:
            TooManyError: there are as many as there may be.
        """
        if len(self._models) + more > self._limits.max_models:
            raise TooManyError(
                f"there are {len(self._models):,} models, of at most {self._limits.max_models:,}: "
                "delete one first"
            )

    def add_given(self, path: Path, maker: MakeMore, title: str = "") -> ServedModel:
        """Add a model given at start-up, and name it after its file.

        Raises:
            TooManyError: there are as many models as there may be.
        """
        self.check_room()
        stem = _NOT_IN_NAMES.sub("-", path.stem).strip("-") or "model"
        name, number = stem, 2
        while name in self._models:
            name, number = f"{stem}-{number}", number + 1
        return self._add(
            ServedModel(name, title, "start", time.time(), path, maker, self._new(maker))
        )

    def read(self, path: Path) -> MakeMore:
        """Read a model file and verify all of it; to be run in a worker.

        Raises:
            CheckpointError: it is damaged, or no model; the message does not name the path.
        """
        try:
            maker = MakeMore.load(path)
            for digests in (maker.learned_.digests, maker.learned_.folded_digests):
                if digests is not None:
                    digests()
        except CheckpointError as error:
            raise CheckpointError(str(error).replace(str(path), "the file")) from None
        return maker

    def path_for(self, name: str) -> Path:
        """Return the path of the file of a model whose name the server made."""
        return self._folder / f"{name}{_MODEL}"

    def add_stored(self, name: str, title: str, origin: str, maker: MakeMore) -> ServedModel:
        """Add a model whose file is at `path_for(name)`, and note its facts beside it."""
        path, created = self.path_for(name), time.time()
        facts = {"title": title, "origin": origin, "created": created}
        write_atomically(path.with_suffix(_FACTS), json.dumps(facts).encode())
        sampler = self._new(maker)
        return self._add(ServedModel(name, title, origin, created, path, maker, sampler))

    def restore(self) -> list[str]:
        """Load the models of an earlier run; return a message for each one that is damaged."""
        damaged, found = [], []
        for path in self._folder.glob(f"*{_FACTS}"):
            name, file = path.stem, path.with_suffix(_MODEL)
            try:
                facts, maker = json.loads(path.read_bytes()), self.read(file)
                parts = (str(facts["title"]), str(facts["origin"]), float(facts["created"]))
                found.append(ServedModel(name, *parts, file, maker, self._new(maker)))
            except (CheckpointError, ValueError, KeyError, TypeError, OSError) as error:
                damaged.append(f"the model {name} was left out: {error}")
        for model in sorted(found, key=lambda model: (model.created, model.name)):
            self._add(model)
        return damaged

    def delete(self, name: str) -> None:
        """Remove a model and its files; running requests still end.

        Raises:
            NotFoundError: there is no such model.
            ConflictError: it was given when the server started, so its file belongs to others.
        """
        model = self[name]
        if model.origin == "start":
            raise ConflictError(
                f"{name} was given when the server started: stop the server to remove it"
            )
        del self._models[name]  # its thread ends with its last request
        model.path.with_suffix(_FACTS).unlink(missing_ok=True)  # without it, the file is ignored
        model.path.unlink(missing_ok=True)

    def close(self) -> None:
        """End the threads of all models."""
        for model in self._models.values():
            model.sampler.queue.close()

    def _add(self, model: ServedModel) -> ServedModel:
        """Add a model."""
        self._models[model.name] = model
        return model

    def _new(self, maker: MakeMore) -> ModelSampler:
        """Return a sampler."""
        return ModelSampler(maker, self._workers)


def new_name() -> str:
    """Return a name that nobody can guess, for a model or a job."""
    return secrets.token_hex(8)
