import torch
from random_models import randomised

from makemore.models.lstm import LSTM
from makemore.options.families import LSTMOptions


def test_it_equals_torch_lstm(plain, texts):
    c, row = plain(None)
    H = 9
    model = randomised(LSTM(LSTMOptions(embedding=7, hidden=H), c.vocabulary_size, 0))
    twin = torch.nn.LSTM(7, H, batch_first=True)

    def in_torchs_order(weight):  # ours: i, f, o, g; torch's: i, f, g, o
        i, f, o, g = weight.chunk(4, dim=-1)
        return torch.cat([i, f, g, o], dim=-1)

    with torch.no_grad():
        twin.weight_ih_l0.copy_(in_torchs_order(model.W).T)
        twin.weight_hh_l0.copy_(in_torchs_order(model.U).T)
        twin.bias_ih_l0.copy_(in_torchs_order(model.b))
        twin.bias_hh_l0.zero_()
        h = torch.cat([twin(model.C[torch.from_numpy(ids)][None])[0][0] for ids in texts])
        torch.testing.assert_close(model(c)[row], h @ model.V + model.d, atol=1e-5, rtol=1e-4)


def test_the_forget_gate_bias_starts_at_one():
    model = LSTM(LSTMOptions(embedding=4, hidden=6), 27, 0)
    model.initialise(torch.Generator().manual_seed(0))
    assert model.b.tolist() == [0.0] * 6 + [1.0] * 6 + [0.0] * 12


def test_reading_whole_lines_equals_reading_them_step_by_step():
    model = randomised(LSTM(LSTMOptions(embedding=4, hidden=6, learned_state=True), 27, 0))
    ids = torch.randint(0, 27, (8, 3), generator=torch.Generator().manual_seed(0))
    hidden, last = model.read_lines(ids, model.first_state(3))
    state = model.first_state(3)
    for step, own in zip(ids, hidden, strict=True):
        state = model.cell(model.inputs()[step], state)
        torch.testing.assert_close(own, state[:, :6])
    torch.testing.assert_close(last, state)
