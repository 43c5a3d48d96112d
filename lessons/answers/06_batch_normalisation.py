# %% [markdown]
# # Answers to lesson 6
#
# The stack once more, of `torch.nn` modules. A norm on the logits too, as in the lecture. Exercise
# 2 checks that this is the stack of the lesson.

# %%
import os
import random
from itertools import pairwise

import matplotlib.pyplot as plt
import torch
import torch.nn.functional as F
from torch import nn

from makemore.corpus.named.corpora import dataset_named

short = os.environ.get("LESSONS") == "short"  # the tests take few steps of long loops
steps = 50 if short else 500

names = dataset_named("us-names").load().to_list()
letters = [".", *sorted(set("".join(names)))]
number = {letter: i for i, letter in enumerate(letters)}


def windows(lines):
    """The three letters before each letter, and the letter itself."""
    before, after = [], []
    for line in lines:
        ids = [0, 0, 0, *(number[letter] for letter in line), 0]
        for i in range(3, len(ids)):
            before.append(ids[i - 3 : i])
            after.append(ids[i])
    return torch.tensor(before), torch.tensor(after)


shuffled = names.copy()
random.seed(42)
random.shuffle(shuffled)
X_train, Y_train = windows(shuffled[: int(0.8 * len(names))])
X_dev, Y_dev = windows(shuffled[int(0.8 * len(names)) : int(0.9 * len(names))])

SIZES = [30, 100, 100, 100, 100, 100, 27]


def stack(gain=5 / 3, momentum=0.1, normalised=True, tanh=True):
    """Six linear layers, with or without norms and tanh between them."""
    g = torch.Generator().manual_seed(2147483647)
    layers = [nn.Embedding(27, 10), nn.Flatten()]
    nn.init.normal_(layers[0].weight, generator=g)
    for fan_in, fan_out in pairwise(SIZES):
        linear = nn.Linear(fan_in, fan_out, bias=not normalised)
        nn.init.normal_(linear.weight, std=gain / fan_in**0.5, generator=g)
        layers.append(linear)
        if normalised:
            layers.append(nn.BatchNorm1d(fan_out, momentum=momentum))
        else:
            nn.init.zeros_(linear.bias)
        if tanh:
            layers.append(nn.Tanh())
    if tanh:
        layers.pop()
    with torch.no_grad():
        layers[-1].weight *= 0.1
    return nn.Sequential(*layers)


def train(net, steps, rate=0.1):
    """Trains on batches of 32: the loss of each step."""
    g = torch.Generator().manual_seed(2147483647)
    losses = []
    for _ in range(steps):
        ix = torch.randint(0, len(X_train), (32,), generator=g)
        loss = F.cross_entropy(net(X_train[ix]), Y_train[ix])
        net.zero_grad()
        loss.backward()
        with torch.no_grad():
            for p in net.parameters():
                p -= rate * p.grad
        losses.append(loss.item())
    return losses


# %% [markdown]
# ## 1. Running against the whole training set, layer by layer
#
# Train, then send the whole training set through in one batch and measure what goes into each norm.
# One care: what reaches the second norm depends on the first. So the network must be in the mode in
# which it is used, `eval`, while we measure.


# %%
def distances(net):
    """For each norm: how far means are apart, in sds, and the ratio of variances."""
    net.eval()
    found = []
    x = X_train
    with torch.no_grad():
        for layer in net:
            if isinstance(layer, nn.BatchNorm1d):
                variance, mean = torch.var_mean(x, 0)
                off = ((layer.running_mean - mean) / variance.sqrt()).abs().mean().item()
                found.append((off, (layer.running_var / variance).mean().item()))
            x = layer(x)
    return found


off, ratio = {}, {}
for momentum in (0.5, 0.1, 0.001):
    net = stack(momentum=momentum)
    train(net, steps)
    found = distances(net)
    off[momentum] = sum(a for a, _ in found) / 6
    ratio[momentum] = sum(b for _, b in found) / 6
    dev = F.cross_entropy(net(X_dev), Y_dev).item()
    print(f"momentum {momentum}: means off by " + " ".join(f"{a:.2f}" for a, _ in found), end="")
    print("; variances " + " ".join(f"{b:.2f}" for _, b in found) + f"; dev {dev:.3f}")
usual_off, hasty_off, slow_off = off[0.1], off[0.5], off[0.001]

# %% [markdown]
# With the usual momentum of 0.1 the running means are about 0.04 standard deviations off after 500
# steps, and the variances up to 7 % too large: good enough, dev says. With 0.5 they follow the last
# few batches of 32, and are a bit farther off. With 0.001 they are too slow: after 500 steps more
# than half of what they hold is still the 0 and 1 that they started with, and the loss on dev shows
# it, 2.62 instead of 2.55. The lecture's 0.001 is right for its 200,000 steps.
#
# ## 2. The whole stack in torch.nn
#
# That is `stack` above. Beside it the lesson's own norm, as a module, in the same place. Float32
# rounds differently in the two, and training makes small differences larger; so compare in float64.


# %%
class Norm(nn.Module):
    """The batch normalisation of the lesson, in training mode."""

    def __init__(self, size):
        """Starts normal."""
        super().__init__()
        self.weight, self.bias = nn.Parameter(torch.ones(size)), nn.Parameter(torch.zeros(size))

    def forward(self, x):
        """(N, H) from (N, H)."""
        standard = (x - x.mean(0)) / (x.var(0, correction=0) + 1e-5).sqrt()
        return self.weight * standard + self.bias


theirs = stack().double()
ours = stack()
for i, layer in enumerate(ours):
    if isinstance(layer, nn.BatchNorm1d):
        ours[i] = Norm(layer.num_features)
with torch.no_grad():
    ours[-1].weight *= 0.1
ours = ours.double()
their_losses, our_losses = train(theirs, steps), train(ours, steps)
apart = max(abs(a - b) for a, b in zip(their_losses, our_losses, strict=True))
print(f"{steps} steps; losses are at most {apart:.0e} apart")
assert apart < 1e-8

# %% [markdown]
# The same network.
#
# ## 3. Without tanh

# %%
linear_spread = {}
for gain in (1.0, 5 / 3):
    x, spreads = X_train[:2048], []
    with torch.no_grad():
        for layer in stack(gain, normalised=False, tanh=False)[:-1]:
            x = layer(x)
            if isinstance(layer, nn.Linear):
                spreads.append(x.std().item())
    linear_spread[gain] = spreads[-1]
    print(f"gain {gain:.2f}: " + " ".join(f"{s:.2f}" for s in spreads))
one, tanh_gain = linear_spread[1.0], linear_spread[5 / 3]

# %% [markdown]
# The gain 1 keeps the spread near 1, as fan-in alone promised. The 5/3 was there to make up for
# what tanh takes away; without tanh it makes the signal 5/3 times larger at each layer. And without
# tanh all six matrices can be multiplied into one: however deep, the network is a single linear
# layer.
#
# ## 4. Folding
#
# In use, a norm computes gamma (x W - mean) / sd + beta, with fixed mean and sd. That is x W' + b'
# with W' = W gamma / sd and b' = beta - mean gamma / sd.

# %%
net = stack()
train(net, steps)
net.eval()
folded = []
with torch.no_grad():
    for layer in net:
        if not isinstance(layer, nn.BatchNorm1d):
            folded.append(layer)
            continue
        scale = layer.weight / (layer.running_var + layer.eps).sqrt()
        linear = folded.pop()
        merged = nn.Linear(linear.in_features, linear.out_features)
        merged.weight.copy_(linear.weight * scale[:, None])  # nn.Linear keeps (out, in)
        merged.bias.copy_(layer.bias - layer.running_mean * scale)
        folded.append(merged)
    folded = nn.Sequential(*folded)
    folding_gap = (folded(X_dev) - net(X_dev)).abs().max().item()
print(f"{len(net)} layers became {len(folded)}; logits differ by at most {folding_gap:.0e}")
assert folding_gap < 1e-4

# %% [markdown]
# So in use batch normalisation costs nothing.
#
# ## 5. Everything at zero

# %%
zeros = stack(normalised=False)
with torch.no_grad():
    for layer in zeros:
        if isinstance(layer, nn.Linear):
            layer.weight.zero_()
zero_losses = train(zeros, 10 * steps)
moved = [name for name, p in zeros.named_parameters() if p.ndim and p.grad.abs().max() > 0]
print("parameters with a gradient:", moved)
with torch.no_grad():
    zero_loss = F.cross_entropy(zeros(X_train), Y_train).item()
    shares = torch.bincount(Y_train, minlength=27) / len(Y_train)
    frequencies = -(shares * shares.log()).sum().item()
print(f"loss {zero_loss:.3f}; counting single letters gives {frequencies:.3f}")

plt.figure(figsize=(5, 3))
plt.plot(torch.tensor(zero_losses).view(-1, steps // 10).mean(1))
plt.axhline(frequencies, linestyle=":", color="black")
plt.xlabel(f"step, in units of {steps // 10}")
plt.ylabel("loss, nats per character")

# %% [markdown]
# Only the last bias learns. A matrix's gradient is its input times the gradient from above. The
# last matrix has no input: tanh(0) is 0. Those below have no gradient: none passes down through a
# matrix of zeros. The bias learns how frequent each letter is, whatever came before, and more is
# not to be had: 2.824, where counting single letters gives 2.823.
