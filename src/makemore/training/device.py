"""Selection of the training device."""

import torch

from makemore.errors import OptionError


def device_named(name: str) -> torch.device:
    """Return the device to train on; `auto` selects an accelerator if one is available.

    Raises:
        OptionError: the device is not available on this machine or in this build of torch.
    """
    there = {"cuda": torch.cuda.is_available(), "mps": torch.backends.mps.is_available()}
    if name == "auto":
        name = next((device for device, is_there in there.items() if is_there), "cpu")
    elif not there.get(name, True):
        raise OptionError(f"device {name} cannot be used here: take auto or cpu")
    return torch.device(name)
