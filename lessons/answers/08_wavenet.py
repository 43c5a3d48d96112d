# %% [markdown]
# # Answers to lesson 8
#
# The windows, as in the lesson, and a tree in which one may choose how many neighbours each level
# fuses. `torch.nn.BatchNorm1d` does the right thing when it is shown (B T, H): one row for
# everything that went through the same weights.

# %%
import os
import random

import torch
import torch.nn.functional as F
from torch import nn

from makemore import MakeMore, WaveNetOptions
from makemore.corpus.named.corpora import dataset_named

short = os.environ.get("LESSONS") == "short"  # the tests take few steps of each long loop

names = dataset_named("us-names").load().to_list()
letters = [".", *sorted(set("".join(names)))]
number = {letter: i for i, letter in enumerate(letters)}
shuffled = names.copy()
random.seed(42)
random.shuffle(shuffled)
n1, n2 = int(0.8 * len(names)), int(0.9 * len(names))
train_names, dev_names = shuffled[:n1], shuffled[n1:n2]


def windows_of(names):
    """For each character the ids of the eight before it, and its own."""
    X, Y = [], []
    for name in names:
        ids = [0] * 8 + [number[letter] for letter in name] + [0]
        for i in range(8, len(ids)):
            X.append(ids[i - 8 : i])
            Y.append(ids[i])
    return torch.tensor(X), torch.tensor(Y)


X, Y = windows_of(train_names)
Xdev, Ydev = windows_of(dev_names)


class Tree(nn.Module):
    """Fuses `groups[0]` letters, then `groups[1]` of these, and so on."""

    def __init__(self, groups, E, H, activation=torch.tanh, wide=1):
        super().__init__()
        g = torch.Generator().manual_seed(2147483647)
        self.groups, self.activation = groups, activation
        self.C = nn.Parameter(torch.randn((27, E), generator=g))
        sizes = [n * (H if level else E) for level, n in enumerate(groups)]
        self.W = nn.ParameterList(
            [torch.randn((size, wide * H), generator=g) / size**0.5 for size in sizes]
        )
        self.norms = nn.ModuleList([nn.BatchNorm1d(wide * H) for _ in sizes])
        self.V = nn.Parameter(0.1 * torch.randn((H, 27), generator=g) / H**0.5)
        self.d = nn.Parameter(torch.zeros(27))

    def forward(self, ids, show=False):
        x = self.C[ids]  # (B, 8, E)
        for n, W, norm in zip(self.groups, self.W, self.norms, strict=True):
            B, T, size = x.shape
            x = x.view(B, T // n, n * size)
            beside = tuple(x.shape)
            h = x @ W
            x = self.activation(norm(h.flatten(0, 1)).view_as(h))
            if show:
                print(f"  side by side {beside}, fused {tuple(x.shape)}")
        return x[:, 0] @ self.V + self.d


def size_of(model):
    """How many parameters a network has."""
    return sum(p.numel() for p in model.parameters())


def trained(model, steps):
    """The lectures' loop: gives the loss on dev."""
    g = torch.Generator().manual_seed(2147483647)
    for i in range(steps):
        ix = torch.randint(0, len(X), (32,), generator=g)
        loss = F.cross_entropy(model(X[ix]), Y[ix])
        model.zero_grad()
        loss.backward()
        with torch.no_grad():
            for p in model.parameters():
                p -= (0.1 if i < 0.75 * steps else 0.01) * p.grad
    model.eval()
    with torch.no_grad():
        return F.cross_entropy(model(Xdev), Ydev).item()


# %% [markdown]
# ## 1. Four at once

# %%
steps = 150 if short else 10_000
found = {}
for groups in ((2, 2, 2), (4, 2), (2, 4), (8,)):
    model = Tree(groups, 24, 128)
    print(groups)
    with torch.no_grad():
        model(X[:32], show=True)
    found[groups] = size_of(model), trained(model, steps)
    print(f"  {found[groups][0]:,} parameters, {steps:,} steps: dev {found[groups][1]:.4f}")

pairs_size, fours_size = found[2, 2, 2][0], found[4, 2][0]
pairs_dev, fours_dev, flat_dev = found[2, 2, 2][1], found[4, 2][1], found[8,][1]

# %% [markdown]
# The pairs are the best, 2.084 against 2.099 for fours first and 2.092 for pairs first; all eight
# at once is the worst, 2.125. But fours first has a third fewer parameters, as there are only two
# levels, and all at once has less than half. So this says that three gentle levels are a good way
# to spend parameters, not that nothing else matters.
#
# ## 2. Gated units
#
# The linear layer makes 2 H numbers, and BatchNorm normalises all of them. Half go through tanh,
# half through the sigmoid. With H = 128 that is nearly twice the parameters, so it is fair to
# compare with H = 89, which has about as many as the tree of the lesson.


# %%
def gated(x):
    """tanh of one half, as much of it as the other half lets through."""
    what, how_much = x.chunk(2, dim=-1)
    return torch.tanh(what) * torch.sigmoid(how_much)


gates = {}
for H in (128, 89):
    model = Tree((2, 2, 2), 24, H, gated, wide=2)
    gates[H] = size_of(model), trained(model, steps)
    print(f"gated, H = {H}: {gates[H][0]:,} parameters, dev {gates[H][1]:.4f}")
print(f"tanh, H = 128: {pairs_size:,} parameters, dev {pairs_dev:.4f}")
gated_size, gated_dev = gates[128]
fair_size, fair_dev = gates[89]

# %% [markdown]
# As wide as the tree of the lesson, gated units bring 0.03, for nearly twice the parameters. With
# as many parameters as the tree they are as good as tanh, 2.081 against 2.084: so close that
# another seed may turn it round.
#
# ## 3. How much the window matters

# %%
package_steps = 5 if short else 300
by_window = {}
for window in (2, 4, 8, 16):
    maker = MakeMore(WaveNetOptions(window=window), steps=package_steps, split="lecture")
    by_window[window] = maker.fit(names).learned_.report["dev_loss"]
    unseen = sum(max(0, len(name) - window) for name in train_names) / sum(
        len(name) + 1 for name in train_names
    )
    print(f"window {window:2}: dev {by_window[window]:.4f}, too short at {unseen:.1%} of places")
two_dev, four_dev, eight_dev, sixteen_dev = by_window.values()

# %% [markdown]
# From 2 to 4 letters it gains 0.21, from 4 to 8 another 0.05, from 8 to 16 0.01. With a window of 8
# next to all places are seen whole; only about one in a hundred has a longer past. What is still
# missing then, a window of 16 has: all that came before, and how far away the start of the name is.
# It also has one more level to fuse with, so not all of the last 0.01 need come from seeing
# further.
#
# ## 4. Weights in BatchNorm
#
# The first level: each window has four pairs, so there are 730,500 of them, and only 595 are
# distinct. Take any embedding and any matrix.

# %%
g = torch.Generator().manual_seed(2147483647)
C, W = torch.randn((27, 24), generator=g), torch.randn((48, 128), generator=g) / 48**0.5
pairs = X.view(-1, 2)
keys, counts = (pairs[:, 0] * 27 + pairs[:, 1]).unique(return_counts=True)
fused_pairs = torch.cat([C[keys // 27], C[keys % 27]], dim=1) @ W  # (595, 128)

everywhere = torch.cat([C[pairs[:, 0]], C[pairs[:, 1]]], dim=1) @ W  # (730,500, 128)
share = counts[:, None] / counts.sum()
apart = (fused_pairs.mean(0) - everywhere.mean(0)).abs().max().item()
apart_weighted = ((share * fused_pairs).sum(0) - everywhere.mean(0)).abs().max().item()
variance = (share * (fused_pairs - (share * fused_pairs).sum(0)) ** 2).sum(0)
apart_variance = (variance - everywhere.var(0, correction=0)).abs().max().item()
assert max(apart_weighted, apart_variance) < 1e-3
print(f"{len(pairs):,} pairs, {len(keys)} distinct")
print(f"means without weights: up to {apart:.2f} apart; with weights: {apart_weighted:.1e}")
print(f"variances with weights: {apart_variance:.1e} apart")

# %% [markdown]
# Without weights a pair that stands once would count as much as *an*. Two dots are the commonest
# pair of all: most windows start with some.
