import numpy as np
from random_models import randomised

from makemore.models.gru import GRU
from makemore.options.families import GRUOptions


def sigma(x):
    return 1 / (1 + np.exp(-x))


def transcribed(w, ids):
    """Cho et al. (2014), equations 5 to 8, character by character in float64."""
    H = w["U_h"].shape[0]
    W_z, W_r, W_h = np.split(w["W"], 3, axis=1)
    b_z, b_r, b_h = np.split(w["b"], 3)
    U_z, U_r = np.split(w["U"], 2, axis=1)
    h = np.zeros(H)
    rows = []
    for i in ids:
        x = w["C"][i]
        r = sigma(x @ W_r + h @ U_r + b_r)
        z = sigma(x @ W_z + h @ U_z + b_z)
        candidate = np.tanh(x @ W_h + (r * h) @ w["U_h"] + b_h)
        h = z * h + (1 - z) * candidate
        rows.append(h @ w["V"] + w["d"])
    return np.array(rows)


def test_it_equals_the_equations_of_the_paper(plain, texts):
    c, row = plain(None)
    model = randomised(GRU(GRUOptions(embedding=7, hidden=9), c.vocabulary_size, 0))
    weights = {name: value.astype(np.float64) for name, value in model.tensors().items()}
    expected = np.concatenate([transcribed(weights, ids) for ids in texts])
    np.testing.assert_allclose(model(c).detach().numpy()[row], expected, atol=1e-4)
