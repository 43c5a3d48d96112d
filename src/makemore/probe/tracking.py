"""A training written down for TensorBoard, while it goes on."""

from types import TracebackType
from typing import Any, Self

from makemore.errors import OptionError


class Tracking:
    """Writes losses, rates, and at each look at the dev part histograms: give it as `on_step`.

    Networks of a mixture follow each other. Needs the extra `track`.

    Raises:
        OptionError: TensorBoard is not installed, or nothing can be written there.
    """

    def __init__(self, folder: str) -> None:
        """Opens a folder, which is made if there is none."""
        try:
            from torch.utils.tensorboard import SummaryWriter
        except ImportError:
            raise OptionError(
                "tracking needs TensorBoard: pip install 'makemore[track]', or leave it out"
            ) from None
        try:
            self._writer: Any = SummaryWriter(folder)
        except OSError as error:
            is_file = isinstance(error, FileExistsError)
            reason = "it is a file" if is_file else (error.strerror or str(error)).lower()
            raise OptionError(f"{folder!r} cannot be tracked to: {reason}; give a folder") from None

    def __call__(self, step: Any) -> None:
        """Writes one step down."""
        self._writer.add_scalar("loss/train", step.loss, step.number)
        self._writer.add_scalar("rate", step.rate, step.number)
        if step.dev_loss is None:
            return
        self._writer.add_scalar("loss/dev", step.dev_loss, step.number)
        for name, weights in step.network.named_parameters():
            if weights.numel():
                self._writer.add_histogram(f"weights/{name}", weights.detach(), step.number)
            if weights.grad is not None and weights.numel():
                self._writer.add_histogram(f"gradients/{name}", weights.grad, step.number)

    def __enter__(self) -> Self:
        """Is itself what writes."""
        return self

    def __exit__(
        self,
        kind: type[BaseException] | None,
        error: BaseException | None,
        trace: TracebackType | None,
    ) -> None:
        """Writes out what is left."""
        self._writer.close()
