import pytest
import torch

from makemore.errors import OptionError
from makemore.training.device import select_device


def test_auto_finds_a_device_and_cpu_is_always_available():
    assert torch.zeros(1, device=select_device("auto")).item() == 0.0
    assert select_device("cpu") == torch.device("cpu")


@pytest.mark.parametrize("name", ["cuda", "mps"])
def test_an_unavailable_device_is_rejected(name, monkeypatch):
    monkeypatch.setattr(torch.cuda, "is_available", lambda: False)
    monkeypatch.setattr(torch.backends.mps, "is_available", lambda: False)
    assert select_device("auto") == torch.device("cpu")
    with pytest.raises(OptionError, match=f"device {name} is not available here: use auto or cpu"):
        select_device(name)


def test_auto_prefers_an_accelerator(monkeypatch):
    monkeypatch.setattr(torch.cuda, "is_available", lambda: True)
    assert select_device("auto") == torch.device("cuda")
