# %% [markdown]
# # Answers to lesson 11
#
# ## 1. How long must a window be?

# %%
import random

import matplotlib.pyplot as plt
import numpy as np
import torch

from makemore import Lines
from makemore.contexts.bigrams import bigrams
from makemore.contexts.table import Contexts
from makemore.corpus.named.corpora import dataset_named
from makemore.corpus.vocabulary import Vocabulary

table = dataset_named("us-names").load(with_weights=True)  # a weight: how often it was given
names = table.to_list()
shuffled = names.copy()
random.seed(42)
random.shuffle(shuffled)
train = shuffled[: int(0.8 * len(names))]
lines, vocabulary = Lines.from_strings(train), Vocabulary.of(Lines.from_strings(names))

sizes = {k: len(Contexts.of(lines, vocabulary, k)) for k in range(1, 11)}
whole = len(Contexts.of(lines, vocabulary, None))
for k, size in sizes.items():
    print(f"window {k:2}: {size:6,}")
print(f"whole:     {whole:6,}")

plt.figure(figsize=(5, 3))
plt.plot(list(sizes), list(sizes.values()), "o-")
plt.axhline(whole, linestyle=":", color="grey")
plt.xlabel("window, characters")
plt.ylabel("different contexts")

# %% [markdown]
# From eight on a window holds nearly the whole beginning of nearly every name: most names have six
# letters or so. A window that reaches the start of the name *is* the prefix.
#
# ## 2. As often as they were given
#
# Weights enter the counts and nothing else.

# %%
weighted = Contexts.of(table, vocabulary, 1)
once_each = Contexts.of(Lines.from_strings(names), vocabulary, 1)


def bigram_loss(c):
    """The loss of counted bigrams, nats per character."""
    N = bigrams(c)
    P = N / N.sum(1, keepdims=True)
    return -float((N[N > 0] * np.log(P[N > 0])).sum() / N.sum())


children, characters = table.weights.sum(), weighted.total
weighted_loss, plain_loss = bigram_loss(weighted), bigram_loss(once_each)
print(f"{children:,.0f} children, {characters:,.0f} characters; by names {once_each.total:,.0f}")
print(f"edges: {len(weighted.row)} and {len(once_each.row)}")
print(f"bigram loss {weighted_loss:.4f}, each name once {plain_loss:.4f}")

# %% [markdown]
# The plain way would walk through more than twenty million characters. The table is as large as
# before: 627 edges with larger numbers in them. And the loss is lower: names that were given often
# count most now, and the table fits them.
#
# ## 3. The tree as dictionaries
#
# A node is a dictionary from letters to nodes. Ends are no nodes: after an end nothing is asked.

# %%
root: dict = {}
nodes = 1
for name in train:
    at = root
    for letter in name:
        if letter not in at:
            at[letter] = {}
            nodes += 1
        at = at[letter]
print(f"{nodes:,} nodes; the package has {whole:,}")
assert nodes == whole

# %% [markdown]
# ## 4. Endings
#
# No. The state after `.ann` depends on everything read, so `anna` and `hanna` have different states
# at their last letter, though they end alike; they would be *equal* only if the network had
# forgotten all but the last letters. That is what a model with a window does: it may merge all that
# have the same last K characters, wherever they stand, and it does. (Counts can go further, as
# lesson 12 shows: they fall back to shorter windows.)
#
# ## 5. Batch normalisation without weights
#
# The gradient of W1 in a network with one normalised layer, three ways: over characters, over
# windows weighted, over windows as if each were there once. The loss has the counts in all three;
# only the mean and the variance differ.

# %%
c = Contexts.of(lines, vocabulary, 3)
back, row, follows = (torch.from_numpy(x.astype(np.int64)) for x in (c.back, c.row, c.next))
count, weight = torch.from_numpy(c.count).float(), torch.from_numpy(c.weight).float()
X = back[row[torch.from_numpy(c.edge.astype(np.int64))]]  # one row for each character
Y = follows[torch.from_numpy(c.edge.astype(np.int64))]

g = torch.Generator().manual_seed(2147483647)
C = torch.randn((27, 10), generator=g)
W1 = (torch.randn((30, 100), generator=g) / 30**0.5).requires_grad_()
W2 = torch.randn((100, 27), generator=g) * 0.1


def gradient(rows, share, edges, targets, often):
    """The gradient of W1, rows normalised by shares that sum to one."""
    z = C[rows].flatten(1) @ W1
    mean = share @ z
    z = (z - mean) / (share @ (z - mean) ** 2 + 1e-5) ** 0.5
    log_p = (torch.tanh(z) @ W2).log_softmax(1)
    loss = -(often * log_p[edges, targets]).sum() / often.sum()
    return torch.autograd.grad(loss, W1)[0]


every = torch.arange(len(X))
true = gradient(X, torch.full((len(X),), 1 / len(X)), every, Y, torch.ones(len(X)))
weighed = gradient(back, weight / weight.sum(), row, follows, count)
unweighed = gradient(back, torch.full((len(back),), 1 / len(back)), row, follows, count)
right = ((weighed - true).norm() / true.norm()).item()
wrong = ((unweighed - true).norm() / true.norm()).item()
print(f"error in lengths of the true gradient: weighted {right:.0e}, not weighted {wrong:.2f}")
assert right < 1e-3

# %% [markdown]
# Weighted, only rounding is left. Without weights the gradient is off by 0.8 of its own length:
# another training altogether.
