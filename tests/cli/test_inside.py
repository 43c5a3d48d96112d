"""What is said of the inside of a model."""

import json
import os

import numpy as np
import pytest

from makemore import MakeMore, MixtureOptions, MLPOptions, TransformerOptions, WaveNetOptions


@pytest.fixture(scope="session")
def place(tmp_path_factory, few):
    place = tmp_path_factory.mktemp("inside")
    (place / "list.txt").write_text("\n".join(few.to_list()) + "\n")
    MakeMore(MLPOptions(hidden=16), steps=30).fit(few).save(place / "network")
    MakeMore("kneser_ney").fit(few).save(place / "counts")
    (place / "taken" / "report.html").mkdir(parents=True)
    members = "kneser_ney, deep_mlp(hidden=16, layers=3)"
    MakeMore(MixtureOptions(members=members), steps=30).fit(few).save(place / "both")
    return place


def test_without_lines_tensors_are_shown(run):
    out, err, code = run("probe network")
    assert (err, code) == ("", 0)
    rows = [row.split() for row in out.splitlines()]
    assert rows[0] == ["tensor", "shape", "mean", "std"]
    assert [row[0] for row in rows[1:]] == ["C", "W1", "b1", "W2", "b2"]
    assert "repeats" in run("probe counts list.txt")[0]


def test_a_tensor_without_numbers_is_left_out(run, place, few):
    maker = MakeMore(WaveNetOptions(hidden=16), steps=3).fit(few)
    maker.save(place / "wave")
    assert maker.learned_.model.tensors()["labels"].shape == (0, 16)
    out, err, code = run("probe wave list.txt")
    assert (err, code) == ("", 0)
    assert "labels" not in out
    assert "nan" not in out


def test_with_lines_layers_are_shown_and_what_is_wrong(run, place, us_names):
    out, *_ = run("probe network list.txt")
    assert "h            tanh" in out
    assert "gradient-to-data ratio" in out
    found = json.loads(run("probe network list.txt --json")[0])
    (network,) = found["networks"]
    assert network["activations"][0]["kind"] == "tanh"
    maker = MakeMore.load(place / "network")
    assert network["loss"] == pytest.approx(
        -maker.score((place / "list.txt").read_text().split()), abs=1e-5
    )
    assert "no diagnosis of the layers: too few lines" in out
    many = us_names.to_list()[::100]
    (place / "many.txt").write_text("\n".join(many) + "\n")
    maker = MakeMore(MLPOptions(hidden=16), steps=30).fit(many)
    maker.save(place / "whole")
    out, *_ = run("probe whole many.txt")
    assert out.endswith("\nno problems found\n")
    maker.learned_.model.b1.data[4] = 99.0
    maker.save(place / "broken")
    out, *_ = run("probe broken many.txt")
    assert "no problems found" not in out
    assert "too few" not in out
    assert "h (tanh): 1 of 16 units are dead (units 4)" in out
    assert "  remedy: initialise the weights before them" in out


def test_words_and_json_have_the_same_numbers(run, place, few):
    (probe,) = MakeMore.load(place / "network").probe(few).networks
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


def test_a_mixture_shows_its_members_and_their_normalisation(run, place):
    out, *_ = run("probe both list.txt")
    assert "loss rise without it" in out
    assert "member 1, DeepMLP" in out
    assert "standard deviation of a line's loss over random training batches" in out
    found = json.loads(run("probe both list.txt --json")[0])
    assert [each["name"] for each in found["members"]] == [
        "KneserNey, window 5",
        "DeepMLP, window 3",
    ]
    examined = MakeMore.load(place / "both").probe((place / "list.txt").read_text().split())
    assert found["networks"][0]["batch_mates"] == pytest.approx(
        examined.networks[0].batch_losses.std()
    )
    norm = examined.networks[0].norms[0]
    assert found["networks"][0]["normalisation"][0]["distance"] == pytest.approx(norm.distance)
    rows = [row.split() for row in out.splitlines()]
    assert [norm.name, f"{norm.distance:.3f}", "standard", "deviations"] in rows
    for each in examined.members:
        said = (*each.name.split(), f"{each.weight:.3f}", f"{each.loss:.4f}", f"{each.best:.1%}")
        assert [*said, f"{each.without:.4f}"] in rows
    (place / "other.txt").write_text("xyz\n")
    assert "no line to look at" in run("probe both other.txt")[1]


def test_networks_of_a_blend_are_asked_about_the_lines_they_know(place, few):
    own = MakeMore.load(place / "network")
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


def test_of_many_lines_and_of_long_ones_some_are_looked_at_from_first_to_last():
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


def test_a_report_is_written_from_the_file_from_lines_and_with_a_recording(run, place):
    out, err, code = run("report network -o page.html")
    assert (out, err, code) == ("", "wrote page.html\n", 0)
    assert "give lines, as in makemore report MODEL FILE" in (place / "page.html").read_text()
    (place / "more.txt").write_text("anna\nxyz\n")
    err = run("report network more.txt -o page.html")[1]
    assert "1 of 2 lines have a character that was not in the fitted list" in err
    assert "Saturated and dead units" in (place / "page.html").read_text()
    assert run("report counts -o -")[0].startswith("<!doctype html>")
    pages = [run(f"report counts -o - --seed {seed}")[0] for seed in (0, 1)]
    assert pages[0] != pages[1]


def test_the_line_along_which_a_transformer_looks_is_chosen(run, place, few):
    options = TransformerOptions(layers=1, embedding=8, heads=2)
    MakeMore(options, steps=3).fit(few).save(place / "looks")
    assert "Attention along otto" in run("report looks -o - --line otto")[0]


def test_a_training_is_recorded_for_its_report(run, place):
    fit = "fit list.txt -o kept --model mlp -O hidden=8 --steps 20 --report deep/inside"
    err = run(fit)[1]
    assert err.endswith("saved kept\nwrote deep/inside/report.html\n")
    written = (place / "deep/inside/report.html").read_text()
    assert "<title>makemore: kept</title>" in written
    assert "Learning curves" in written
    assert run("report kept list.txt --recording deep/inside/history.jsonl -o again.html")[2] == 0
    assert (place / "again.html").read_text() == written
    row = json.loads((place / "deep/inside/history.jsonl").read_text())
    (network,) = json.loads(run("probe kept --recording deep/inside/history.jsonl --json")[0])[
        "networks"
    ]
    assert network["curve"] == row
    assert network["loss"] is None
    out = run("probe kept --recording deep/inside/history.jsonl")[0].splitlines()
    rows = {cells[0]: cells[1:] for cells in map(str.split, out) if "10^" in " ".join(cells)}
    assert set(rows) == {"C", "W1", "W2"}
    for name, said in rows.items():
        kinds = (row["updates"], row["gradients"])
        assert said == [f"10^{np.median([size for _, size in k[name]]):.1f}" for k in kinds]
    assert out[-1] == "no problems found"
    assert "of another model" in run("probe network --recording deep/inside/history.jsonl")[1]
    run("fit list.txt -o counted --model kneser_ney --report deep/inside")
    assert (place / "deep/inside/history.jsonl").read_text() == ""
    assert "Bigram counts" in (place / "deep/inside/report.html").read_text()


@pytest.mark.parametrize(
    "line, said",
    [
        ("report network -o none/page.html", "there is no directory none"),
        ("report network -o .", "it is a directory"),
        ("report network -o page.html --recording list.txt", "is not a recording of a training"),
        ("report network -o page.html --recording none", "none cannot be read"),
        ("report network -o page.html --line xyz", "nothing is seen along 'xyz'"),
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
def test_what_cannot_be_written_or_shown_is_said_in_a_sentence(run, place, line, said):
    (place / "curve.png").write_text("anna\n")
    kept = {path: path.read_bytes() for path in place.iterdir() if path.is_file()}
    _, err, code = run(line)
    assert code in (1, 2)
    assert said in err
    assert err.count("\n") == 1
    assert kept == {path: path.read_bytes() for path in place.iterdir() if path.is_file()}


def test_a_model_may_take_the_place_of_the_one_it_goes_on_from(run, place):
    (place / "own").write_bytes((place / "counts").read_bytes())
    assert run("fit list.txt --from own -o own")[2] == 0
    assert (place / "own").read_bytes() != (place / "counts").read_bytes()


def test_a_model_whose_name_is_no_text_has_a_page(run, place):
    name = os.fsdecode(b"\xff")
    (place / name).write_bytes((place / "counts").read_bytes())
    assert run(f"report {name} -o page.html")[2] == 0
    assert "<title>makemore: ?</title>" in (place / "page.html").read_text()


def test_the_curve_of_a_range_test_is_drawn(run, place):
    for ending, start in (("png", b"\x89PNG"), ("svg", b"<?xml"), ("pdf", b"%PDF")):
        _, err, code = run(f"rate-range list.txt --model mlp --picture curve.{ending}")
        assert code == 0
        assert err.startswith(f"wrote curve.{ending}\nsuggested: ")
        assert (place / f"curve.{ending}").read_bytes().startswith(start)
