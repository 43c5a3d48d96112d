import sys

import numpy as np
import pytest
from tensorboard.backend.event_processing.event_accumulator import EventAccumulator

from makemore import MakeMore, MLPOptions, OptionError
from makemore.cli.main import main
from makemore.probe.tensorboard import TensorBoardWriter


def test_losses_rates_and_histograms_are_written(tmp_path, us_names):
    steps, histograms, lines = [], [], us_names.to_list()[:300]

    def keep(step):
        tracking(step)
        steps.append(step)
        if step.dev_loss is not None:
            W1 = step.network.W1
            histograms.append((W1.detach().numpy().copy(), W1.grad.numpy().copy()))

    with TensorBoardWriter(str(tmp_path / "run")) as tracking:
        MakeMore(MLPOptions(hidden=8), steps=20).fit(lines, on_step=keep)
    found = EventAccumulator(str(tmp_path / "run"), size_guidance={"histograms": 0}).Reload()
    for tag, value in (("loss/train", "loss"), ("rate", "rate")):
        events = found.Scalars(tag)
        assert [event.step for event in events] == list(range(1, 21))
        expected = [getattr(step, value) for step in steps]
        assert [event.value for event in events] == pytest.approx(expected, rel=1e-5)
    dev = [step.number for step in steps if step.dev_loss is not None]
    assert [event.step for event in found.Scalars("loss/dev")] == dev
    losses = [steps[number - 1].dev_loss for number in dev]
    assert [event.value for event in found.Scalars("loss/dev")] == pytest.approx(losses, rel=1e-5)
    for name, index in (("weights/W1", 0), ("gradients/W1", 1)):
        for event, kept in zip(found.Histograms(name), histograms, strict=True):
            said = event.histogram_value
            assert said.num == kept[index].size
            assert said.sum_squares == pytest.approx(np.square(kept[index], dtype=float).sum())
    assert {"weights/W1", "gradients/W1"} <= set(found.Tags()["histograms"])
    assert [event.step for event in found.Histograms("weights/C")] == dev


def test_fit_track_writes_tensorboard_events(tmp_path, monkeypatch, capsys):
    monkeypatch.chdir(tmp_path)
    (tmp_path / "list.txt").write_text("anna\nhannah\nben\n")
    fit = [
        "fit",
        "list.txt",
        "-o",
        "m",
        "--model",
        "mlp",
        "-O",
        "hidden=8",
        "--steps",
        "10",
        "--track",
    ]
    main([*fit, "run"])
    assert len(EventAccumulator("run").Reload().Scalars("loss/train")) == 10
    with pytest.raises(SystemExit):
        main([*fit, "list.txt/run"])
    said = capsys.readouterr().err.splitlines()[-1]  # raised before the list is read
    assert "cannot be used for TensorBoard: " in said


def test_a_missing_tensorboard_is_reported_with_the_install_command(monkeypatch, tmp_path):
    monkeypatch.setitem(sys.modules, "torch.utils.tensorboard", None)
    with pytest.raises(OptionError, match=r"pip install 'makemore\[track\]'"):
        TensorBoardWriter(str(tmp_path))
