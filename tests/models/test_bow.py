import torch
from random_models import randomised

from makemore.models.bow import BoW
from makemore.options.families import BoWOptions


def test_it_equals_uniform_causal_attention(plain, texts):
    c, row = plain(None)
    model = randomised(BoW(BoWOptions(embedding=7, hidden=9), c.vocabulary_size, 0))
    rows = []
    with torch.no_grad():
        for ids in texts:
            x = model.C[torch.from_numpy(ids)]
            T = len(ids)
            alike = torch.zeros(T, T).masked_fill(torch.ones(T, T).triu(1) > 0, -torch.inf)
            x = x + alike.softmax(1) @ x
            x = x + torch.tanh(x @ model.W1 + model.b1) @ model.W2 + model.b2
            rows.append(x @ model.V + model.d)
        torch.testing.assert_close(model(c)[row], torch.cat(rows), atol=1e-5, rtol=1e-4)
