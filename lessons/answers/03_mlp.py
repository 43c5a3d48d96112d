# %% [markdown]
# # Answers to lesson 3
#
# What all of them need: the examples of the three parts, a network, and the loop. Takes about a
# minute on two cores.

# %%
import math
import os
import random

import torch
import torch.nn.functional as F

from makemore.corpus.named.corpora import dataset_named

# The tests take only a few steps of each long loop.
short = os.environ.get("LESSONS") == "short"
steps = 200 if short else 20_000

names = dataset_named("us-names").load().to_list()
letters = [".", *sorted(set("".join(names)))]
number = {letter: i for i, letter in enumerate(letters)}
shuffled = names.copy()
random.seed(42)
random.shuffle(shuffled)
n1, n2 = int(0.8 * len(names)), int(0.9 * len(names))
parts = {"train": shuffled[:n1], "dev": shuffled[n1:n2], "test": shuffled[n2:]}


def examples(names, window):
    """Windows of letters, and the letter after each."""
    X, Y = [], []
    for name in names:
        before = [0] * window
        for letter in f"{name}.":
            X.append(before)
            Y.append(number[letter])
            before = [*before[1:], number[letter]]
    return torch.tensor(X), torch.tensor(Y)


def network(window=3, width=10, hidden=200):
    """Random weights, as in the lesson."""
    g = torch.Generator().manual_seed(2147483647)
    shapes = [(27, width), (window * width, hidden), (hidden,), (hidden, 27), (27,)]
    return [torch.randn(shape, generator=g) for shape in shapes]


def forward(weights, X):
    """The logits for some windows."""
    C, W1, b1, W2, b2 = weights
    x = C[X].view(len(X), -1)
    return torch.tanh(x @ W1 + b1) @ W2 + b2


def train(forward, weights, X, Y, steps, batch=32):
    """Learns from mini-batches, the second half of the steps at a tenth of the rate."""
    g = torch.Generator().manual_seed(2147483647)
    for p in weights:
        p.requires_grad = True
    for i in range(steps):
        which = torch.randint(0, len(X), (batch,), generator=g)
        loss = F.cross_entropy(forward(weights, X[which]), Y[which])
        for p in weights:
            p.grad = None
        loss.backward()
        rate = 0.1 if i < steps // 2 else 0.01
        for p in weights:
            p.data -= rate * p.grad


@torch.no_grad()
def loss_of(forward, weights, X, Y):
    """The loss of many examples at once."""
    return F.cross_entropy(forward(weights, X), Y).item()


data = {name: examples(part, 3) for name, part in parts.items()}

# %% [markdown]
# ## 1. The first loss
#
# If all 27 letters are as probable, the loss is ln 27. That is so if all logits of an example are
# equal, for instance 0. So make the last layer small: its weights a hundredth of what they were,
# its biases 0. (Not all weights 0: then no gradient would get past them to the first layer.)

# %%
weights = network()
first = loss_of(forward, weights, *data["train"])
calm = network()
calm[3] *= 0.01
calm[4] *= 0
calm_first = loss_of(forward, calm, *data["train"])
print(f"first loss {first:.4f}; with a small last layer {calm_first:.4f}; ln 27 {math.log(27):.4f}")

train(forward, weights, *data["train"], steps)
train(forward, calm, *data["train"], steps)
as_was = loss_of(forward, weights, *data["dev"])
calmed = loss_of(forward, calm, *data["dev"])
print(f"dev after {steps:,} steps: {as_was:.4f}; with a small last layer {calmed:.4f}")

# %% [markdown]
# 2.21 in place of 2.33. The first thousands of steps need not be spent on unlearning nonsense.
# Lesson 5 goes on from here: the first layer is too large as well.
#
# ## 2. Better than 2.17
#
# There are many ways. This one makes the first layer smaller too, gives each letter 16 numbers, and
# takes batches of 128 and 300 neurons. It is a first guess. Try others, let dev choose among them,
# and ask test once, about the chosen one.

# %%
better = network(width=16, hidden=300)
better[1] *= 0.2
better[2] *= 0.01
better[3] *= 0.01
better[4] *= 0
train(forward, better, *data["train"], 200 if short else 40_000, batch=128)
better_dev = loss_of(forward, better, *data["dev"])
better_test = loss_of(forward, better, *data["test"])
print(f"dev {better_dev:.4f}, test {better_test:.4f}")

# %% [markdown]
# 2.10 in place of 2.17.
#
# ## 3. Direct connections
#
# A matrix more, from the 30 inputs straight to the 27 logits: the linear model of lesson 2 beside
# the hidden layer.


# %%
def forward_direct(weights, X):
    """The logits, with a way past the hidden layer."""
    *hidden, W3 = weights
    x = hidden[0][X].view(len(X), -1)
    return forward(hidden, X) + x @ W3


direct = [*network(), torch.zeros((30, 27))]
direct[3] *= 0.01
direct[4] *= 0
train(forward_direct, direct, *data["train"], steps)
directly = loss_of(forward_direct, direct, *data["dev"])
print(f"dev {directly:.4f}; without {calmed:.4f}")

# %% [markdown]
# They help a little after so few steps: 2.2003 in place of 2.2061. Bengio and others found that
# their network learned faster with them, and was a little worse in the end.
#
# ## 4. A window of 1
#
# With one letter before, the network can say 27 different things, one for each letter. The best of
# them are the shares that were counted. So no network can get below the counts on the examples that
# were counted, however large it is; for the whole list that is 2.4540. Here for the train part:

# %%
X, Y = examples(parts["train"], 1)
N = torch.zeros((27, 27)).index_put_((X[:, 0], Y), torch.ones(len(Y)), accumulate=True)
table = N / N.sum(1, keepdim=True)
bound = -(N * table.log())[N > 0].sum().item() / len(Y)

one = network(window=1)
one[3] *= 0.01
train(forward, one, X, Y, steps)
reached = loss_of(forward, one, X, Y)
print(f"counted {bound:.4f}, network {reached:.4f}")

# %% [markdown]
# 2.465, close to 2.454, and never below.
#
# ## 5. Cross-entropy
#
# The loss of one example is the logarithm of the sum of exp, minus the logit of the answer. Take
# the largest logit away first. Then no exp is above 1, and one of them is 1, so that the sum has a
# logarithm.


# %%
def cross_entropy(logits, Y):
    """The mean of -log softmax(logits)[Y]."""
    z = logits - logits.max(1, keepdim=True).values
    return (z.exp().sum(1).log() - z[torch.arange(len(Y)), Y]).mean()


logits = forward(weights, data["dev"][0]).detach()
mine = cross_entropy(logits, data["dev"][1]).item()
ready = F.cross_entropy(logits, data["dev"][1]).item()
print(f"{mine:.6f} and {ready:.6f}")

extreme = torch.tensor([[-5.0, -3.0, 0.0, 100.0], [0.0, -200.0, 0.0, 0.0]])
answers = torch.tensor([2, 1])
mine_extreme = cross_entropy(extreme, answers).item()
ready_extreme = F.cross_entropy(extreme, answers).item()
print(f"{mine_extreme:.4f} and {ready_extreme:.4f}")
