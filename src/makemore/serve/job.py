"""One job: a list that is learned, and what has happened so far."""

import asyncio
import time
from collections.abc import AsyncIterator
from dataclasses import dataclass, field

from makemore.checkpoint.model_file import Document

UNFINISHED = ("waiting", "running")
_MAX_EVENTS = 1000  # that a job keeps; of more, the earlier progress is left out

Event = Document


@dataclass(eq=False)
class Job:
    """A list that is or was learned.

    Attributes:
        name: its name, which is also that of its model.
        title: a text by which people recognise the model.
        status: `waiting`, `running`, `done`, `stopped` (there is a model, though not trained to the
            end), `cancelled` or `failed`.
        message: why it failed; empty otherwise.
        created: when it was sent, in seconds since 1970.
        events: what happened, in order; see `follow`.
        first_event: number of the first event that is kept.
    """

    name: str
    title: str
    status: str = "waiting"
    message: str = ""
    created: float = field(default_factory=time.time)
    events: list[Event] = field(default_factory=list)
    first_event: int = 0
    process: asyncio.subprocess.Process | None = None
    is_stopping: bool = False
    _changed: asyncio.Event = field(default_factory=asyncio.Event)

    @property
    def is_finished(self) -> bool:
        """Whether nothing more will happen."""
        return self.status not in UNFINISHED

    def facts(self) -> Document:
        """Return what a client may want to know of it."""
        latest = next((e for e in reversed(self.events) if e["event"] == "progress"), {})
        progress = {name: value for name, value in latest.items() if name != "event"}
        return {
            "name": self.name,
            "title": self.title,
            "status": self.status,
            "message": self.message,
            "created": self.created,
            "model": self.name if self.status in ("done", "stopped") else None,
            "progress": progress or None,
        }

    def note(self, event: Event) -> None:
        """Append an event and notify everyone who follows the job."""
        self.events.append(event)
        if len(self.events) > _MAX_EVENTS:
            del self.events[: _MAX_EVENTS // 10]
            self.first_event += _MAX_EVENTS // 10
        self._changed.set()
        self._changed = asyncio.Event()

    def set_status(self, status: str, message: str = "") -> None:
        """Change the status, which is an event, too."""
        self.status, self.message = status, message
        self.note({"event": "status", "status": status, "message": message})

    async def follow(self, start: int, pause: float) -> AsyncIterator[tuple[int, Event] | None]:
        """Yield the events from a number on, and None after each pause without one.

        A slow reader keeps nobody waiting: it misses events that are no longer kept.
        """
        number = start
        while True:
            number = max(number, self.first_event)
            while number < self.first_event + len(self.events):
                yield number, self.events[number - self.first_event]
                number = max(number + 1, self.first_event)
            if self.is_finished:
                return
            changed = self._changed
            try:
                await asyncio.wait_for(changed.wait(), pause)
            except TimeoutError:
                yield None
