# %% [markdown]
# # Answers to lesson 9
#
# The list, padded as in the lesson, and the two cells that are needed.

# %%
import os
import random

import matplotlib.pyplot as plt
import numpy as np
import torch
import torch.nn.functional as F

from makemore import BoWOptions, GRUOptions, LSTMOptions, MakeMore, RNNOptions
from makemore.corpus.named.corpora import dataset_named
from makemore.registry import family_of

short = os.environ.get("LESSONS") == "short"  # the tests take few steps of each long loop

names = dataset_named("us-names").load().to_list()
letters = [".", *sorted(set("".join(names)))]
number = {letter: i for i, letter in enumerate(letters)}
shuffled = names.copy()
random.seed(42)
random.shuffle(shuffled)
n1, n2 = int(0.8 * len(names)), int(0.9 * len(names))
train_names, dev_names = shuffled[:n1], shuffled[n1:n2]


def padded(names):
    """What is read and what should come next: (B, T) ids each, -1 where nothing comes."""
    T = max(map(len, names)) + 1
    read = torch.zeros((len(names), T), dtype=torch.long)
    follows = torch.full((len(names), T), -1)
    for row, name in enumerate(names):
        ids = torch.tensor([number[letter] for letter in name])
        read[row, 1 : len(name) + 1] = ids
        follows[row, : len(name)] = ids
        follows[row, len(name)] = 0
    return read, follows


read, follows = padded(train_names)
dev_read, dev_follows = padded(dev_names)

# %% [markdown]
# ## 1. Parameters
#
# The embedding has 27 E numbers. A layer from x, h and a one to H neurons has (E + H + 1) H: the
# RNN has one of these, the GRU three (two gates and the candidate), the LSTM four (three gates and
# what is new). The last layer has (H + 1) 27.


# %%
def formula(layers, E, H):
    """Parameters of a recurrent network with so many layers inside."""
    return 27 * E + layers * (E + H + 1) * H + (H + 1) * 27


sizes = {}
for layers, options in (
    (1, RNNOptions(embedding=64, hidden=128)),
    (3, GRUOptions(embedding=64, hidden=192)),
    (4, LSTMOptions(embedding=64, hidden=192)),
):
    family = family_of(options)
    counted = sum(p.numel() for p in family.build(options, 27, 0).parameters())
    sizes[family.name] = formula(layers, options.embedding, options.hidden)
    assert counted == sizes[family.name]
    print(f"{family.name}: {counted:,}")
rnn_size, gru_size, lstm_size = sizes.values()

# %% [markdown]
# ## 2. The bag does not know the order
#
# What the bag knows of a prefix is the mean of its letters and which was the last. So two prefixes
# with the same letters, however ordered, and the same last letter must have the same probabilities.
# There are many:

# %%
alike = {}
for prefix in {name[:i] for name in names for i in range(1, len(name) + 1)}:
    alike.setdefault(("".join(sorted(prefix)), prefix[-1]), []).append(prefix)
groups = sorted(sorted(group) for group in alike.values() if len(group) > 1)
mixed_up = sum(map(len, groups))
print(f"{mixed_up:,} prefixes share their bag with another")
print(*max(groups, key=len))


# %%
def next_letters(maker, prefix):
    """(27,) the probabilities of what comes after a prefix."""
    model = maker.learned_.model
    log_probs, state = model.start(1)
    for letter in prefix:
        log_probs, state = model.step(np.array([number[letter]], np.int32), state)
    return np.exp(log_probs[0])


apart = {}
for options in (BoWOptions(hidden=64), RNNOptions(hidden=64)):
    maker = MakeMore(options, steps=5 if short else 200).fit(names)
    a, b = next_letters(maker, "ali"), next_letters(maker, "lai")
    apart[maker.learned_.family] = float(abs(a - b).max())
    print(f"{maker.learned_.family}: after ali and lai up to {abs(a - b).max():.4f} apart")
bag_apart, rnn_apart = apart.values()

# %% [markdown]
# The bag says the same after both, up to rounding. The RNN has read them in another order, and
# knows.
#
# ## 3. Truncated backpropagation


# %%
class LSTMCell:
    """The lesson's."""

    def __init__(self, E, H, g, keep):
        self.H = H
        self.W = torch.randn((E, 4 * H), generator=g) / E**0.5
        self.U = torch.randn((H, 4 * H), generator=g) / H**0.5
        self.b = torch.zeros(4 * H)
        self.b[H : 2 * H] = keep

    def __call__(self, x, h, c):
        i, f, g, o = (x @ self.W + h @ self.U + self.b).chunk(4, dim=1)
        c = f.sigmoid() * c + i.sigmoid() * g.tanh()
        return o.sigmoid() * c.tanh(), c


def remembers(length, detach_every, steps):
    """The loss of the last of these steps, learning which of so many letters was the first."""
    g = torch.Generator().manual_seed(2147483647)
    cell = LSTMCell(8, 32, g, keep=3.0)
    parameters = [cell.W, cell.U, cell.b, torch.randn((32, 8), generator=g) / 32**0.5]
    for p in parameters:
        p.requires_grad = True
    optimizer = torch.optim.Adam(parameters, lr=0.01)
    losses = []
    for _ in range(steps):
        ids = torch.randint(0, 8, (64, length), generator=g)
        x, h, c = F.one_hot(ids, 8).float(), torch.zeros(64, 32), torch.zeros(64, 32)
        for t in range(length):
            if t and t % detach_every == 0:
                h, c = h.detach(), c.detach()
            h, c = cell(x[:, t], h, c)
        loss = F.cross_entropy(h @ parameters[-1], ids[:, 0])
        optimizer.zero_grad()
        loss.backward()
        torch.nn.utils.clip_grad_norm_(parameters, 1.0)
        optimizer.step()
        losses.append(loss.item())
    return sum(losses[-10:]) / len(losses[-10:])


memory_steps = 10 if short else 400
whole = remembers(40, 40, memory_steps)
truncated = remembers(40, 10, memory_steps)
near = remembers(8, 10, memory_steps)
print(f"first of 40, whole gradient:         {whole:.3f}")
print(f"first of 40, cut after 10 letters:   {truncated:.3f}")
print(f"first of 8, cut after 10 letters:    {near:.3f}")

# %% [markdown]
# The first of 8 is learned as before: ten letters cover the whole line, nothing is cut. The first
# of 40 is never heard of, as no gradient comes past the last ten letters. And yet the loss falls
# from 2.08 to 0.89. How? The forget gates start at sigmoid(3) = 0.95, and 0.953^39 is 0.15: of what
# the first letter wrote into the memory about a seventh is still there at the end, untrained as it
# is, and the layer on top learns to read it. With the whole gradient the cell learns to write it
# well and to keep it, and the loss goes to zero.
#
# ## 4. Clipping


# %%
def learn(rate, limit, steps):
    """Trains the lesson's RNN: its loss on dev, the lengths of its gradients, its weights."""
    g = torch.Generator().manual_seed(2147483647)
    C, W = torch.randn((27, 64), generator=g), torch.randn((64, 128), generator=g) / 8
    U, b = torch.randn((128, 128), generator=g) / 128**0.5, torch.zeros(128)
    V, d = 0.1 * torch.randn((128, 27), generator=g) / 128**0.5, torch.zeros(27)
    parameters = [C, W, U, b, V, d]
    for p in parameters:
        p.requires_grad = True

    def logits_of(read):
        h, found = torch.zeros(len(read), 128), []
        for t in range(read.shape[1]):
            h = torch.tanh(C[read[:, t]] @ W + h @ U + b)
            found.append(h @ V + d)
        return torch.stack(found, dim=1)  # (B, T, 27)

    optimizer, norms = torch.optim.Adam(parameters, lr=rate), []
    for i in range(steps):
        ix = torch.randint(0, len(read), (64,), generator=g)
        logits = logits_of(read[ix])
        loss = F.cross_entropy(logits.flatten(0, 1), follows[ix].flatten(), ignore_index=-1)
        optimizer.zero_grad()
        loss.backward()
        norms.append(torch.nn.utils.clip_grad_norm_(parameters, limit).item())
        for group in optimizer.param_groups:
            group["lr"] = rate * (1 - i / steps)
        optimizer.step()
    with torch.no_grad():
        logits = logits_of(dev_read)
        nats = F.cross_entropy(
            logits.flatten(0, 1), dev_follows.flatten(), ignore_index=-1, reduction="none"
        ).view(dev_follows.shape)
    return nats, norms


steps = 20 if short else 1_000
results = {}
for rate, limit in ((0.004, 1.0), (0.004, float("inf")), (0.05, 1.0), (0.05, float("inf"))):
    nats, norms = learn(rate, limit, steps)
    loss = (nats.sum() / (dev_follows >= 0).sum()).item()
    results[rate, limit] = loss
    longer = sum(norm > 1 for norm in norms) / len(norms)
    print(f"rate {rate}, limit {limit}: dev {loss:.4f}, ", end="")
    print(f"longest gradient {max(norms):.2f}, {longer:.0%} longer than 1")
    if (rate, limit) == (0.004, 1.0):
        gentle = nats
clipped, free, fast_clipped, fast_free = results.values()

# %% [markdown]
# At the lesson's rate it does nothing at all: no gradient was longer than 0.85, and the losses are
# the same. At 0.05 three or four steps in a hundred have a gradient longer than 1; clipped or not,
# the loss is about 2.17, so the rate is what hurts. Names are short, and tanh is tame. Clipping is
# a belt: it costs next to nothing, and one does not know before the ride whether it will be needed.
#
# ## 5. Over characters or over names

# %%
lengths = (dev_follows >= 0).sum(1)
per_name = gentle.sum(1) / lengths
over_characters, over_names = (gentle.sum() / lengths.sum()).item(), per_name.mean().item()
print(f"mean over characters {over_characters:.4f}, over names {over_names:.4f}")

by_length = [per_name[lengths == n].mean().item() for n in range(3, 13)]
plt.figure(figsize=(5, 3))
plt.plot(range(2, 12), by_length, "o-")
plt.xlabel("letters of the name")
plt.ylabel("loss, nats per character")

# %% [markdown]
# Each name now counts as much as any other, so a character of a short name counts for more: one of
# *jo* has a third of its name's weight, one of *christopher* a twelfth. Short names are hard to
# guess, as the first letters are, and that a name ends so soon; so the mean over names is higher.
# It is no worse a number, but another one. Compare like with like.
