"""Where networks are trained."""

import torch

from makemore.errors import OptionError


def device_named(name: str) -> torch.device:
    """Finds the device to train on; `auto` takes an accelerator where there is one.

    Raises:
        OptionError: this machine, or this build of torch, has none of that name.
    """
    there = {"cuda": torch.cuda.is_available(), "mps": torch.backends.mps.is_available()}
    if name == "auto":
        name = next((device for device, is_there in there.items() if is_there), "cpu")
    elif not there.get(name, True):
        raise OptionError(f"device {name} cannot be used here: take auto or cpu")
    return torch.device(name)
