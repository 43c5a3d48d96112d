# %% [markdown]
# # Answers to lesson 1
#
# ## 1. Trigrams
#
# The row is now a pair: 27 x 27 rows. A name starts with two dots.

# %%
import random

import torch

from makemore.corpus.named.corpora import dataset_named

names = dataset_named("us-names").load().to_list()
letters = [".", *sorted(set("".join(names)))]
number = {letter: i for i, letter in enumerate(letters)}


def ids_of(names, window):
    """For each character the `window` before it, and itself: two tensors of ids."""
    before, after = [], []
    for name in names:
        ids = [0] * window + [number[letter] for letter in name] + [0]
        for i in range(window, len(ids)):
            before.append(ids[i - window : i])
            after.append(ids[i])
    return torch.tensor(before), torch.tensor(after)


def counted(names, window):
    """(27, ..., 27) how often each letter followed each window."""
    before, after = ids_of(names, window)
    N = torch.zeros([27] * (window + 1))
    N.index_put_((*before.T, after), torch.ones(len(after)), accumulate=True)
    return N


def loss_of(N, names, window, add=0.0):
    """The loss of a table of counts, with something added to each, on some names."""
    P = (N + add) / (N + add).sum(-1, keepdim=True)
    before, after = ids_of(names, window)
    return -P[(*before.T, after)].log().mean().item()


trigram = loss_of(counted(names, 2), names, 2)
print(f"bigrams {loss_of(counted(names, 1), names, 1):.4f}, trigrams {trigram:.4f}")

# %% [markdown]
# One letter more is worth a quarter of a nat, on the names that were counted.
#
# ## 2. Names that were not counted
#
# The lectures shuffle with the seed 42. With nothing added, what was never counted is infinitely
# bad, so add a hundredth.

# %%
shuffled = names.copy()
random.seed(42)
random.shuffle(shuffled)
n1, n2 = int(0.8 * len(names)), int(0.9 * len(names))
train, dev, test = shuffled[:n1], shuffled[n1:n2], shuffled[n2:]

losses = {}
for window in (1, 2, 3):
    N = counted(train, window)
    losses[window] = loss_of(N, train, window, 0.01), loss_of(N, dev, window, 0.01)
    print(f"window {window}: train {losses[window][0]:.4f}, dev {losses[window][1]:.4f}")

# %% [markdown]
# On train every letter more helps. On dev the trigram keeps most of its lead; with three letters
# before, the table has 531,441 cells for 182,625 characters, and it has learned much of the list by
# heart: train and dev part.
#
# ## 3. How much to add

# %%
added = [0.01, 0.03, 0.1, 0.3, 1.0, 3.0, 10.0]
on_dev = {}
for window in (2, 3):
    N = counted(train, window)
    found = {add: loss_of(N, dev, window, add) for add in added}
    best = min(found, key=lambda add: found[add])
    on_dev[window] = found[best]
    on_test = loss_of(N, test, window, best)
    print(f"window {window}: add {best}: dev {found[best]:.4f}, test {on_test:.4f}")

# %% [markdown]
# The test part was looked at once for each, after choosing. Lesson 12 shows what to do instead of
# adding the same to every cell: then counts alone come to 1.97 on dev.
