# %% [markdown]
# # Answers to lesson 2
#
# ## 1. A neural trigram
#
# An example now has two letters before the answer; a name starts with two dots. First as the
# exercise says it, with the first name only: two one-hot vectors in one.

# %%
import os
import random
import time

import torch
import torch.nn.functional as F

from makemore import LinearOptions, MakeMore
from makemore.corpus.named.corpora import dataset_named

# The tests take only a few steps of each long loop.
short = os.environ.get("LESSONS") == "short"

names = dataset_named("us-names").load().to_list()
letters = [".", *sorted(set("".join(names)))]
number = {letter: i for i, letter in enumerate(letters)}


def examples(names):
    """Two letters before, and the letter after: three tensors of ids."""
    one = [number[letter] for name in names for letter in f"..{name}"[: len(name) + 1]]
    two = [number[letter] for name in names for letter in f".{name}"]
    ys = [number[letter] for name in names for letter in f"{name}."]
    return torch.tensor(one), torch.tensor(two), torch.tensor(ys)


one, two, ys = examples(names[:1])
for a, b, y in zip(one, two, ys, strict=True):
    print(letters[a] + letters[b], "then", letters[y])

# %%
x = torch.cat([F.one_hot(one, 27), F.one_hot(two, 27)], dim=1).float()
g = torch.Generator().manual_seed(2147483647)
W = torch.randn((54, 27), generator=g)
print(x.shape, "times", W.shape)
same_rows = torch.allclose(x @ W, W[one] + W[27 + two])
print(same_rows)

# %% [markdown]
# Two ones in 54 inputs pluck two rows of W, and add them: one of the upper 27 rows for the first
# letter, one of the lower 27 for the second. So no one-hot vectors are needed. For the cities, with
# 40 things, it is the same with 80 inputs and 40 neurons.
#
# There are 27 x 27 questions; each is asked once, and the counts say how often it matters.

# %%
one, two, ys = examples(names)
num = len(ys)


def counted(one, two, ys):
    """(27, 27, 27) how often each letter followed each two."""
    N = torch.zeros((27, 27, 27))
    return N.index_put_((one, two, ys), torch.ones(len(ys)), accumulate=True)


def loss_of(W, N):
    """The loss of a neural trigram on counts."""
    logits = W[:27, None, :] + W[None, 27:, :]  # (27, 27, 27)
    return -(N * F.log_softmax(logits, dim=2)).sum() / N.sum()


def trained(N, steps, penalty=0.0):
    """Weights after gradient descent from zero."""
    W = torch.zeros((54, 27), requires_grad=True)
    for _ in range(steps):
        loss = loss_of(W, N) + penalty * (W**2).mean()
        W.grad = None
        loss.backward()
        W.data -= 20 * W.grad
    return W.detach()


N = counted(one, two, ys)
W = trained(N, 200 if short else 2_000)
neural = loss_of(W, N).item()
table = N / N.sum(2, keepdim=True).clamp(min=1)
counting = -(N * table.log())[N > 0].sum().item() / num
print(f"neural trigram {neural:.4f}, counted trigrams {counting:.4f}")

# %% [markdown]
# Below the bigram's 2.454: the second letter back helps. But far above the counted trigrams. They
# have a row for each *pair* of letters, 729 rows. The network has 54 rows, and what it says of a
# pair is a sum: what the first letter votes for, plus what the second votes for. It cannot say that
# s and h together mean something that neither means alone. What is missing is a layer between,
# where the letters can meet. That is lesson 3.
#
# In the package this is `linear` with a window of 2.

# %%
clock = time.perf_counter()
maker = MakeMore(LinearOptions(window=2), steps=300).fit(names)
package = -maker.score(names)
print(f"{package:.4f} after 300 steps, in {time.perf_counter() - clock:.1f} seconds")
print(maker.sample(8, seed=1))

# %% [markdown]
# ## 2. Without one-hot vectors
#
# `W[xs]` in place of `xenc @ W`. One step of the bigram each way:

# %%
g = torch.Generator().manual_seed(2147483647)
W = torch.randn((27, 27), generator=g, requires_grad=True)
every = torch.arange(num)
losses, gradients = {}, {}
for way in ("one-hot", "indexed"):
    clock = time.perf_counter()
    logits = F.one_hot(two, 27).float() @ W if way == "one-hot" else W[two]
    loss = -F.softmax(logits, dim=1)[every, ys].log().mean()
    W.grad = None
    loss.backward()
    losses[way], gradients[way] = loss.item(), W.grad.clone()
    print(f"{way}: loss {loss.item():.4f}, {time.perf_counter() - clock:.3f} seconds")
by_index = losses["indexed"]
gradient_gap = (gradients["one-hot"] - gradients["indexed"]).abs().max().item()
print(f"largest difference of the gradients {gradient_gap:.0e}")

# %% [markdown]
# The same loss and the same gradient. Going backward, indexing adds what comes back for each
# example to the row that the example was given: that is what the multiplication does, too.
#
# ## 3. Cross-entropy

# %%
logits = W.detach()[two]
by_hand = -F.softmax(logits, dim=1)[every, ys].log().mean().item()
ready = F.cross_entropy(logits, ys).item()
print(f"by hand {by_hand:.6f}, ready-made {ready:.6f}")

# %% [markdown]
# Lesson 3 shows where the ready-made one is safer.
#
# ## 4. A hundred more in a row

# %%
bigrams = N.sum(0)


def bigram_loss(W):
    """The loss of a neural bigram on the whole list."""
    return -(bigrams * F.log_softmax(W, dim=1)).sum().item() / num


W = W.detach()
raised = W.clone()
raised[5] += 100
before, after = bigram_loss(W), bigram_loss(raised)
print(f"before {before:.4f}, after {after:.4f}")

# %% [markdown]
# Nothing happens. A logit is the logarithm of a count; adding 100 to all of a row multiplies all
# its counts by the same number, which goes when the row is divided by its sum. Only differences
# within a row mean anything. The penalty of the lesson is what decides among all the W that say the
# same: it takes the smallest.
#
# ## 5. The penalty, chosen by dev

# %%
shuffled = names.copy()
random.seed(42)
random.shuffle(shuffled)
n1, n2 = int(0.8 * len(names)), int(0.9 * len(names))
train, dev, test = (counted(*examples(p)) for p in (shuffled[:n1], shuffled[n1:n2], shuffled[n2:]))

found = {}
for penalty in (0.0, 0.001, 0.01, 0.1, 1.0):
    W = trained(train, 200 if short else 2_000, penalty)
    found[penalty] = loss_of(W, dev).item(), loss_of(W, train).item(), loss_of(W, test).item()
    print(f"penalty {penalty:5}: train {found[penalty][1]:.4f}, dev {found[penalty][0]:.4f}")
best = min(found, key=lambda penalty: found[penalty][0])
on_dev, _, on_test = found[best]
print(f"best {best}: dev {on_dev:.4f}, test {on_test:.4f}")

# %% [markdown]
# No penalty at all is best, and train and dev are alike. With only 54 rows for 182,625 examples
# there is next to nothing that this network could learn by heart, so there is nothing to smooth.
# Lesson 1 needed smoothing for counted trigrams, with their 19,683 cells.
