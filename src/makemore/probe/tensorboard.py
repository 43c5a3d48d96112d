"""Export of losses, learning rates and histograms to TensorBoard."""

from types import TracebackType
from typing import Protocol, Self

from torch import Tensor

from makemore.errors import OptionError
from makemore.training.loop import Step


class _EventWriter(Protocol):
    """The methods of TensorBoard's `SummaryWriter` that are used here."""

    def add_scalar(self, tag: str, scalar_value: float, global_step: int) -> None:
        """Write one number."""

    def add_histogram(self, tag: str, values: Tensor, global_step: int) -> None:
        """Write a histogram of a tensor's numbers."""

    def close(self) -> None:
        """Flush and close the file."""


class TensorBoardWriter:
    """Callback that writes losses and rates at each step, and histograms at each dev evaluation.

    Pass it to `fit` as `on_step`. The networks of a mixture are written one after the other. It
    requires the extra `track`.

    Raises:
        OptionError: TensorBoard is not installed, or the folder cannot be written to.
    """

    def __init__(self, folder: str) -> None:
        """Open a folder, and create it if it does not exist."""
        try:
            from torch.utils.tensorboard import SummaryWriter
        except ImportError:
            raise OptionError(
                "--track needs TensorBoard: pip install 'makemore[track]', or leave --track out"
            ) from None
        try:
            self._writer: _EventWriter = SummaryWriter(folder)
        except OSError as error:
            is_file = isinstance(error, FileExistsError)
            reason = "it is a file" if is_file else (error.strerror or str(error)).lower()
            raise OptionError(
                f"{folder!r} cannot be used for TensorBoard: {reason}; give a directory"
            ) from None

    def __call__(self, step: Step) -> None:
        """Write one step."""
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
        """Return self."""
        return self

    def __exit__(
        self,
        kind: type[BaseException] | None,
        error: BaseException | None,
        trace: TracebackType | None,
    ) -> None:
        """Flush and close the files."""
        self._writer.close()
