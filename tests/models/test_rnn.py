import torch
from random_models import randomised

from makemore.models.rnn import RNN
from makemore.options.families import RNNOptions


def test_it_equals_torch_rnn(plain, texts):
    c, row = plain(None)
    model = randomised(RNN(RNNOptions(embedding=7, hidden=9), c.vocabulary_size, 0))
    twin = torch.nn.RNN(7, 9, batch_first=True)
    with torch.no_grad():
        twin.weight_ih_l0.copy_(model.W.T)
        twin.weight_hh_l0.copy_(model.U.T)
        twin.bias_ih_l0.copy_(model.b)
        twin.bias_hh_l0.zero_()
        h = torch.cat([twin(model.C[torch.from_numpy(ids)][None])[0][0] for ids in texts])
        torch.testing.assert_close(model(c)[row], h @ model.V + model.d, atol=1e-5, rtol=1e-4)
