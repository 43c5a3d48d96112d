"""Selection of the training device."""

import torch

from makemore.errors import OptionError


def select_device(name: str) -> torch.device:
    """Return the device to train on; `auto` selects an accelerator if one is available.

    Raises:
        OptionError: the device is not available on this machine or in this build of torch.
    """
    availability = {"cuda": torch.cuda.is_available(), "mps": torch.backends.mps.is_available()}
    if name == "auto":
        name = next((device for device, available in availability.items() if available), "cpu")
    elif not availability.get(name, True):
        raise OptionError(f"device {name} is not available here: use auto or cpu")
    return torch.device(name)
