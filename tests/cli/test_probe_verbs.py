"""The verbs `probe`, `report` and `rate-range`, and `fit --report`."""

import json
import os

import numpy as np
import pytest

from makemore import MakeMore, MixtureOptions, MLPOptions, TransformerOptions, WaveNetOptions


@pytest.fixture(scope="session")
def folder(tmp_path_factory, few):
    folder = tmp_path_factory.mktemp("probing")
    (folder / "list.txt").write_text("\n".join(few.to_list()) + "\n")
    MakeMore(MLPOptions(hidden=16), steps=30).fit(few).save(folder / "network")
    MakeMore("kneser_ney").fit(few).save(folder / "counts")
    (folder / "taken" / "report.html").mkdir(parents=True)
    members = "kneser_ney, deep_mlp(hidden=16, layers=3)"
    MakeMore(MixtureOptions(members=members), steps=30).fit(few).save(folder / "both")
    return folder


def test_probe_without_lines_prints_tensor_statistics(run):
    out, err, code = run("probe network")
    assert (err, code) == ("", 0)
    rows = [row.split() for row in out.splitlines()]
    assert rows[0] == ["tensor", "shape", "mean", "std"]
    assert [row[0] for row in rows[1:]] == ["C", "W1", "b1", "W2", "b2"]
    assert "repeats" in run("probe counts list.txt")[0]


def test_empty_tensors_are_omitted(run, folder, few):
    maker = MakeMore(WaveNetOptions(hidden=16), steps=3).fit(few)
    maker.save(folder / "wave")
    assert maker.learned_.model.tensors()["labels"].shape == (0, 16)
    out, err, code = run("probe wave list.txt")
    assert (err, code) == ("", 0)
    assert "labels" not in out
    assert "nan" not in out


def test_probe_with_lines_prints_layers_and_a_diagnosis(run, folder, us_names):
    out, *_ = run("probe network list.txt")
    assert "h            tanh" in out
    assert "gradient-to-data ratio" in out
    found = json.loads(run("probe network list.txt --json")[0])
    (network,) = found["networks"]
    assert network["activations"][0]["kind"] == "tanh"
    maker = MakeMore.load(folder / "network")
    assert network["loss"] == pytest.approx(
        -maker.score((folder / "list.txt").read_text().split()), abs=1e-5
    )
    assert "no diagnosis of the layers: too few lines" in out
    many = us_names.to_list()[::100]
    (folder / "many.txt").write_text("\n".join(many) + "\n")
    maker = MakeMore(MLPOptions(hidden=16), steps=30).fit(many)
    maker.save(folder / "whole")
    out, *_ = run("probe whole many.txt")
    assert out.endswith("\nno problems found\n")
    maker.learned_.model.b1.data[4] = 99.0
    maker.save(folder / "broken")
    out, *_ = run("probe broken many.txt")
    assert "no problems found" not in out
    assert "too few" not in out
    assert "h (tanh): 1 of 16 units are dead (units 4)" in out
    assert "  remedy: initialise the weights before them" in out


def test_text_and_json_output_have_the_same_numbers(run, folder, few):
    (probe,) = MakeMore.load(folder / "network").probe(few).networks
    (h,) = probe.layers.activations
    rows = [row.split() for row in run("probe network list.txt")[0].splitlines()]
    (network,) = json.loads(run("probe network list.txt --json")[0])["networks"]
    C = probe.network.C.detach().numpy()
    assert ["C", "13", "x", "10", f"{C.mean():.4g}", f"{C.std():.4g}"] in rows
    numbers = {
        "mean": h.values.mean(),
        "spread": h.values.std(),
        "saturated": (np.abs(h.values) > 0.97).mean(),
        "gradient": h.gradients.std() * len(h.values),
    }
    (found,) = network["activations"]
    assert {name: found[name] for name in numbers} == pytest.approx(numbers, rel=1e-4)
    mean, spread, saturated, gradient = numbers.values()
    shares = [f"{mean:.3f}", f"{spread:.3f}", f"{saturated:.1%}"]
    assert ["h", "tanh", *shares, "0", "of", "16", f"{gradient:.2e}"] in rows
    for each, own in zip(network["weights"], probe.layers.weights, strict=True):
        gradient, spread = own.gradients.std(), own.values.std()
        assert each["gradient"] == pytest.approx(gradient)
        assert each["gradient_to_data"] == pytest.approx(gradient / spread, rel=1e-4)
        ends = [f"{spread:.4g}", f"{gradient:.2e}", f"{gradient / spread:.2e}"]
        assert any(row[:1] == [own.name] and row[-3:] == ends for row in rows)


def test_probe_of_a_mixture_prints_members_and_normalisation(run, folder):
    out, *_ = run("probe both list.txt")
    assert "loss rise without it" in out
    assert "member 1, DeepMLP" in out
    assert "standard deviation of a line's loss over random training batches" in out
    found = json.loads(run("probe both list.txt --json")[0])
    assert [each["name"] for each in found["members"]] == [
        "KneserNey, window 5",
        "DeepMLP, window 3",
    ]
    examined = MakeMore.load(folder / "both").probe((folder / "list.txt").read_text().split())
    assert found["networks"][0]["batch_mates"] == pytest.approx(
        examined.networks[0].batch_losses.std()
    )
    norm = examined.networks[0].norms[0]
    assert found["networks"][0]["normalisation"][0]["distance"] == pytest.approx(norm.distance)
    rows = [row.split() for row in out.splitlines()]
    assert [norm.name, f"{norm.distance:.3f}", "standard", "deviations"] in rows
    for each in examined.members:
        message = (*each.name.split(), f"{each.weight:.3f}", f"{each.loss:.4f}", f"{each.best:.1%}")
        assert [*message, f"{each.without:.4f}"] in rows
    (folder / "other.txt").write_text("xyz\n")
    assert "no line to examine" in run("probe both other.txt")[1]


def test_a_network_in_a_blend_is_probed_on_the_lines_it_can_encode(folder, few):
    own = MakeMore.load(folder / "network")
    other = MakeMore("kneser_ney").fit(["zoë", "chloë"])
    blend = MakeMore.blend([own, other])
    known = few.to_list()
    (network,) = blend.probe([*known, "zoë"]).networks
    (alone,) = own.probe(known).networks
    assert network.layers.loss == pytest.approx(alone.layers.loss)
    for mine, its in zip(network.layers.weights, alone.layers.weights, strict=True):
        np.testing.assert_allclose(mine.gradients, its.gradients, atol=1e-6)
    (network,) = blend.probe(["zoë"]).networks
    assert network.layers is None


def test_many_or_long_lines_are_subsampled_evenly():
    maker = MakeMore("kneser_ney").fit(["ab", "ba"])
    assert len(maker.looked_at(["ab", "ba"] * 3000)) == 2048
    few = maker.looked_at(["ab" * 100] * 1000 + ["ba" * 100] * 1000).to_list()
    assert 0.9 * 2**16 < len("".join(few)) <= 2**16
    assert few.count("ab" * 100) == pytest.approx(len(few) / 2, abs=1)
    assert len(maker.looked_at(["ab" * 2**16])) == 1


def test_rate_range_prints_the_curve_and_a_suggestion(run):
    out, err, code = run("rate-range list.txt --model mlp -O hidden=16")
    assert code == 0
    rates = [float(row.split("\t")[0]) for row in out.splitlines()]
    assert rates == sorted(rates)
    found = json.loads(run("rate-range list.txt --model mlp -O hidden=16 --json")[0])
    assert err.strip() == f"suggested: --rate {found['suggestion']:.2g}"
    assert len(found["rates"]) == len(found["losses"]) == len(rates)
    other = run("rate-range list.txt --model mlp -O hidden=16 --seed 1")[0]
    assert other.splitlines()[0] != out.splitlines()[0]
    assert run("rate-range list.txt --model kneser_ney")[2] == 2


def test_report_is_written_without_lines_with_lines_and_to_stdout(run, folder):
    out, err, code = run("report network -o page.html")
    assert (out, err, code) == ("", "wrote page.html\n", 0)
    assert "give lines, as in makemore report MODEL FILE" in (folder / "page.html").read_text()
    (folder / "more.txt").write_text("anna\nxyz\n")
    err = run("report network more.txt -o page.html")[1]
    assert "1 of 2 lines have a character that was not in the fitted list" in err
    assert "Saturated and dead units" in (folder / "page.html").read_text()
    assert run("report counts -o -")[0].startswith("<!doctype html>")
    pages = [run(f"report counts -o - --seed {seed}")[0] for seed in (0, 1)]
    assert pages[0] != pages[1]


def test_report_shows_attention_along_the_chosen_line(run, folder, few):
    options = TransformerOptions(layers=1, embedding=8, heads=2)
    MakeMore(options, steps=3).fit(few).save(folder / "looks")
    assert "Attention along otto" in run("report looks -o - --line otto")[0]


def test_fit_with_report_records_the_training(run, folder):
    fit = "fit list.txt -o kept --model mlp -O hidden=8 --steps 20 --report deep/inside"
    err = run(fit)[1]
    assert err.endswith("saved kept\nwrote deep/inside/report.html\n")
    written = (folder / "deep/inside/report.html").read_text()
    assert "<title>makemore: kept</title>" in written
    assert "Learning curves" in written
    assert run("report kept list.txt --recording deep/inside/history.jsonl -o again.html")[2] == 0
    assert (folder / "again.html").read_text() == written
    row = json.loads((folder / "deep/inside/history.jsonl").read_text())
    (network,) = json.loads(run("probe kept --recording deep/inside/history.jsonl --json")[0])[
        "networks"
    ]
    assert network["curve"] == row
    assert network["loss"] is None
    out = run("probe kept --recording deep/inside/history.jsonl")[0].splitlines()
    rows = {cells[0]: cells[1:] for cells in map(str.split, out) if "10^" in " ".join(cells)}
    assert set(rows) == {"C", "W1", "W2"}
    for name, message in rows.items():
        kinds = (row["updates"], row["gradients"])
        assert message == [f"10^{np.median([size for _, size in k[name]]):.1f}" for k in kinds]
    assert out[-1] == "no problems found"
    assert "of another model" in run("probe network --recording deep/inside/history.jsonl")[1]
    run("fit list.txt -o counted --model kneser_ney --report deep/inside")
    assert (folder / "deep/inside/history.jsonl").read_text() == ""
    assert "Bigram counts" in (folder / "deep/inside/report.html").read_text()


@pytest.mark.parametrize(
    "line, message",
    [
        ("report network -o none/page.html", "there is no directory none"),
        ("report network -o .", "it is a directory"),
        ("report network -o page.html --recording list.txt", "is not a recording of a training"),
        ("report network -o page.html --recording none", "none cannot be read"),
        ("report network -o page.html --line xyz", "no attention along 'xyz'"),
        ("report network", "output"),
        ("report network -o network", "is an input file and would be overwritten"),
        ("report network list.txt -o ./list.txt", "is an input file and would be overwritten"),
        ("fit list.txt -o list.txt", "is an input file and would be overwritten"),
        ("make list.txt -o list.txt", "is an input file and would be overwritten"),
        ("blend network counts --by list.txt -o list.txt", "would be overwritten"),
        ("rate-range curve.png --picture ./curve.png", "would be overwritten"),
        (
            "fit none.txt -o kept --report list.txt",
            "'list.txt' cannot be used as a directory: it is a file",
        ),
        (
            "fit none.txt -o kept --report taken",
            "report.html' cannot be written: it is a directory",
        ),
        ("rate-range none.txt --picture curve.txt", "must end in .png, .svg or .pdf"),
        ("rate-range none.txt --picture none/curve.png", "there is no directory none"),
    ],
)
def test_invalid_inputs_and_unwritable_outputs_are_one_line_errors(run, folder, line, message):
    (folder / "curve.png").write_text("anna\n")
    kept = {path: path.read_bytes() for path in folder.iterdir() if path.is_file()}
    _, err, code = run(line)
    assert code in (1, 2)
    assert message in err
    assert err.count("\n") == 1
    assert kept == {path: path.read_bytes() for path in folder.iterdir() if path.is_file()}


def test_fit_from_may_overwrite_the_model_it_starts_from(run, folder):
    (folder / "own").write_bytes((folder / "counts").read_bytes())
    assert run("fit list.txt --from own -o own")[2] == 0
    assert (folder / "own").read_bytes() != (folder / "counts").read_bytes()


def test_report_accepts_a_file_name_that_is_not_utf_8(run, folder):
    name = os.fsdecode(b"\xff")
    (folder / name).write_bytes((folder / "counts").read_bytes())
    assert run(f"report {name} -o page.html")[2] == 0
    assert "<title>makemore: ?</title>" in (folder / "page.html").read_text()


def test_rate_range_saves_a_picture_of_the_curve(run, folder):
    for ending, start in (("png", b"\x89PNG"), ("svg", b"<?xml"), ("pdf", b"%PDF")):
        _, err, code = run(f"rate-range list.txt --model mlp --picture curve.{ending}")
        assert code == 0
        assert err.startswith(f"wrote curve.{ending}\nsuggested: ")
        assert (folder / f"curve.{ending}").read_bytes().startswith(start)
