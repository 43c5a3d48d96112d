# %% [markdown]
# # Answers to lesson 5
#
# The data and the network of the lesson.

# %%
import math
import os
import random
from collections import Counter

import torch
import torch.nn.functional as F

from makemore.corpus.named.corpora import dataset_named

short = os.environ.get("LESSONS") == "short"  # tests run few steps
torch.set_num_threads(1)

names = dataset_named("us-names").load().to_list()
letters = [".", *sorted(set("".join(names)))]
number = {letter: i for i, letter in enumerate(letters)}
random.seed(42)
random.shuffle(names)

X, Y = [], []
for name in names[: int(0.8 * len(names))]:
    before = [0, 0, 0]
    for i in [*(number[letter] for letter in name), 0]:
        X.append(before)
        Y.append(i)
        before = [*before[1:], i]
X, Y = torch.tensor(X), torch.tensor(Y)


def drawn(c=1.0, w1=(5 / 3) / 30**0.5, b1=0.01, w2=0.01):
    """Parameters C, W1, b1, W2, b2 = 0, each drawn from N(0, 1) times its factor."""
    g = torch.Generator().manual_seed(2147483647)
    shapes = {(27, 10): c, (30, 200): w1, (200,): b1, (200, 27): w2, (27,): 0.0}
    parameters = [torch.randn(shape, generator=g) * factor for shape, factor in shapes.items()]
    for p in parameters:
        p.requires_grad = True
    return parameters


def forward(parameters, X, activation=torch.tanh):
    """The hidden layer, (n, 200), and the logits, (n, 27)."""
    C, W1, b1, W2, b2 = parameters
    h = activation(C[X].view(-1, 30) @ W1 + b1)
    return h, h @ W2 + b2


def train(parameters, steps, rate=0.1, activation=torch.tanh):
    """Trains in place on batches of 32."""
    g = torch.Generator().manual_seed(1)
    for _ in range(steps):
        some = torch.randint(0, len(X), (32,), generator=g)
        for p in parameters:
            p.grad = None
        F.cross_entropy(forward(parameters, X[some], activation)[1], Y[some]).backward()
        for p in parameters:
            p.data -= rate * p.grad


def largest_gradients(parameters):
    """The largest gradient of each parameter, on the first 1,000 windows."""
    for p in parameters:
        p.grad = None
    F.cross_entropy(forward(parameters, X[:1000])[1], Y[:1000]).backward()
    return {
        name: round(p.grad.abs().max().item(), 5)
        for name, p in zip(("C", "W1", "b1", "W2", "b2"), parameters, strict=True)
    }


# %% [markdown]
# ## 1. Zero
#
# Write down what goes back. The gradient of b2 is that of the logits. That of W2 is h times it, and
# h = tanh(0) = 0. That of h is W2 times it, and W2 = 0; so nothing reaches W1, b1 and C. Only b2
# ever moves, in every step:

# %%
zero = drawn(0.0, 0.0, 0.0, 0.0)
print("before", largest_gradients(zero))
train(zero, 500 if short else 20_000, rate=0.1)
print("after ", largest_gradients(zero))
stuck_at_zero = sum(p.abs().sum().item() for p in zero[:4])

with torch.no_grad():
    zero_loss = F.cross_entropy(forward(zero, X)[1], Y).item()
share = [n / len(Y) for n in Counter(Y.tolist()).values()]
unigram = -sum(p * math.log(p) for p in share)
print(f"loss {zero_loss:.4f}; the shares of the letters alone: {unigram:.4f}")

# %% [markdown]
# It trains, a little: b2 learns how frequent each letter is, and nothing of what came before. The
# best loss that this can have is the one of the counted letters, 2.82.
#
# With only W2 at zero, h is not zero. So W2 gets a gradient in the first step, is not zero after
# it, and from the second step on all the others learn:

# %%
half = drawn(w2=0.0)
print("step 0", largest_gradients(half))
train(half, 1)
print("step 1", largest_gradients(half))

# %% [markdown]
# And with all hidden weights alike, zero or not, all neurons of a layer would get the same gradient
# and stay alike for ever: 200 copies of one. Drawing weights at random is what makes them differ.
#
# ## 2. The gain of relu
#
# Let y be N(0, s^2) before relu. Half of the time relu(y) is 0, half of the time it is y, and y^2
# is spread alike on both sides; so the mean of relu(y)^2 is s^2 / 2. The next sum has n products of
# a weight with variance (gain^2 / n) and such an input: its variance is n (gain^2 / n) (s^2 / 2) =
# gain^2 s^2 / 2. That is s^2 again when gain^2 = 2. (It is the mean *square* of the inputs that
# counts, not their variance: the mean of relu is not 0.)

# %%
after_twenty = {}
for gain in (1.0, 2**0.5, 2.0):
    g = torch.Generator().manual_seed(0)
    h = torch.randn((500, 500), generator=g)
    for _ in range(20):
        y = h @ (torch.randn((500, 500), generator=g) * gain / 500**0.5)
        h = F.relu(y)
    after_twenty[gain] = y.std().item()
    print(f"gain {gain:.3f}: {y.std():.4g} before the last relu")
relu_spread = after_twenty[2**0.5]

# %% [markdown]
# Too small by root of 2 in each layer is 2^-10, about a thousandth, after twenty; too large by it
# is about a thousand.
#
# ## 3. Dead units

# %%
dead = {}
for rate in (0.1, 1.0, 3.0, 10.0):
    parameters = drawn(w1=2**0.5 / 30**0.5)
    train(parameters, 2, rate, F.relu)
    train(parameters, 300, 0.1, F.relu)
    with torch.no_grad():
        h, logits = forward(parameters, X, F.relu)
        loss = F.cross_entropy(logits, Y).item()
    dead[rate] = int((h == 0).all(dim=0).sum())
    print(f"rate {rate:4}: {dead[rate]:3} of 200 neurons are 0 for all windows; loss {loss:,.2f}")
dead_at_3, dead_at_10 = dead[3.0], dead[10.0]

# %% [markdown]
# Up to a rate of 3 the network recovers from its two bad steps. After two steps with the rate 10,
# most of its neurons give 0 for every window of the list, and 300 good steps wake none of them: no
# gradient reaches them any more. More steps would not either. (And the few that live gave it logits
# of many thousands, hence the loss.)
#
# ## 4. The first logits
#
# A logit is a sum of 200 products h w. Its standard deviation should be the factor times the root
# of 200 times the root of the mean of h^2.

# %%
first_losses = {}
for factor in (1.0, 0.3, 0.1, 0.03, 0.01):
    with torch.no_grad():
        h, logits = forward(drawn(w2=factor), X)
        first_losses[factor] = F.cross_entropy(logits, Y).item()
    said = factor * (200 * (h**2).mean().item()) ** 0.5
    print(
        f"W2 * {factor}: predicted {said:.3f}, found {logits.std():.3f}, "
        f"first loss {first_losses[factor]:.4f}"
    )
loss_at_003 = first_losses[0.03]

# %% [markdown]
# The prediction is 6 % high: it is right on average over many draws of W2, and this is one draw.
# With a factor of 0.03 the first loss is 0.07 too high, with 0.01 it is 0.01.
