# %% [markdown]
# # 6. Layers, statistics, batch normalisation
#
# Lesson 5 kept one hidden layer healthy by drawing its weights with care. Here are five of them,
# one on top of the other. You will write layers as small modules, look into every layer with five
# kinds of pictures, see what goes wrong when weights start too small or too large, and then meet
# the cure that needs no luck: **batch normalisation**. Its price, a network that behaves
# differently while it is trained, is paid in front of your eyes. The lecture came to 2.1048 on dev
# with it, and so shall we, nearly.
#
# Takes three to five minutes on two cores, most of them in one loop of 200,000 steps. You need
# lessons 4 and 5: windows, embedding, tanh, mini-batches, and the gain 5/3.

# %%
import os
import random
import time
from itertools import pairwise

import matplotlib.pyplot as plt
import torch
import torch.nn.functional as F
from torch import nn

from makemore import DeepMLPOptions, MakeMore, PlainMLPOptions
from makemore.corpus.named.corpora import dataset_named
from makemore.plots.layers import (
    activation_histograms,
    gradient_histograms,
    gradient_to_data,
    saturation_maps,
    weight_gradient_histograms,
)
from makemore.plots.norms import batch_mates, running_against_calibrated
from makemore.probe.layers import Activations, Weights

short = os.environ.get("LESSONS") == "short"  # the tests take few steps of long loops

# %% [markdown]
# ## The names, as windows
#
# As in lesson 4: three letters before, one after, and the lectures' split.

# %%
names = dataset_named("us-names").load().to_list()
letters = [".", *sorted(set("".join(names)))]
number = {letter: i for i, letter in enumerate(letters)}


def windows(lines: list[str]) -> tuple[torch.Tensor, torch.Tensor]:
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
n1, n2 = int(0.8 * len(names)), int(0.9 * len(names))
X_train, Y_train = windows(shuffled[:n1])
X_dev, Y_dev = windows(shuffled[n1:n2])
print(f"train {len(Y_train):,} letters, dev {len(Y_dev):,}")

# %% [markdown]
# ## Layers as modules
#
# So far each weight had a name of its own: W1, b1, W2. With many layers that becomes unreadable. So
# make a layer a thing: it is made with its sizes, it is called with an input, it remembers its
# output in `out` for us to look at, and it tells its parameters. `Linear` divides its weights by
# the root of the fan-in, as lesson 5 found; the gain comes later.


# %%
class Linear:
    """x W + b."""

    def __init__(self, fan_in: int, fan_out: int, g: torch.Generator, bias: bool = True) -> None:
        """Draws W; b starts at zero."""
        self.weight = torch.randn((fan_in, fan_out), generator=g) / fan_in**0.5
        self.bias = torch.zeros(fan_out) if bias else None

    def __call__(self, x: torch.Tensor) -> torch.Tensor:
        """(N, fan_out) from (N, fan_in)."""
        self.out = x @ self.weight
        if self.bias is not None:
            self.out = self.out + self.bias
        return self.out

    def parameters(self) -> list[torch.Tensor]:
        """What is learned."""
        return [self.weight] if self.bias is None else [self.weight, self.bias]


class Tanh:
    """Squashes every number between -1 and 1."""

    def __call__(self, x: torch.Tensor) -> torch.Tensor:
        """(N, H) from (N, H)."""
        self.out = torch.tanh(x)
        return self.out

    def parameters(self) -> list[torch.Tensor]:
        """Nothing is learned."""
        return []


class Stack:
    """An embedding, then layers, each fed by the one before."""

    def __init__(self, C: torch.Tensor, layers: list) -> None:
        """Asks for gradients of every parameter."""
        self.C, self.layers = C, layers
        for p in self.parameters():
            p.requires_grad_()

    def __call__(self, X: torch.Tensor) -> torch.Tensor:
        """(N, 27) logits from (N, 3) ids."""
        x = self.C[X].flatten(1)
        for layer in self.layers:
            x = layer(x)
        return x

    def parameters(self) -> list[torch.Tensor]:
        """What is learned."""
        return [self.C, *(p for layer in self.layers for p in layer.parameters())]


# %% [markdown]
# The names are those of `torch.nn`, and so are the manners; at the end of the lesson we change ours
# for those of the library and nothing else changes.
#
# Now the stack of the lecture: an embedding of 10 numbers, five hidden layers of 100, and a sixth
# linear layer to the logits. `gain` multiplies the weights of the hidden layers. The last layer is
# multiplied by 0.1, so that the first guess is unsure (lesson 5).

# %%
SIZES = [30, 100, 100, 100, 100, 100, 27]


def plain_stack(gain: float) -> Stack:
    """Six linear layers with tanh between them."""
    g = torch.Generator().manual_seed(2147483647)
    C = torch.randn((27, 10), generator=g)
    layers: list = []
    for fan_in, fan_out in pairwise(SIZES):
        layers += [Linear(fan_in, fan_out, g), Tanh()]
        layers[-2].weight *= gain
    layers.pop()  # no tanh after the logits
    layers[-1].weight *= 0.1 / gain
    return Stack(C, layers)


net = plain_stack(5 / 3)
plain_parameters = sum(p.nelement() for p in net.parameters())
print(f"{plain_parameters:,} parameters")

# %% [markdown]
# 46,497: four times the network of lesson 5.
#
# ## Looking in
#
# We ask the network about 512 windows, forwards and backwards, and keep for every layer what came
# out of it and which gradient came back. PyTorch throws gradients of intermediate results away,
# unless told otherwise by `retain_grad`. What we find goes into two small containers of the
# package, `Activations` and `Weights`, so that its plots can draw it.

# %%
g = torch.Generator().manual_seed(1)
ix = torch.randint(0, len(X_train), (512,), generator=g)
X_look, Y_look = X_train[ix], Y_train[ix]


def look(net: Stack) -> tuple[float, list[Activations], list[Weights]]:
    """The loss of 512 windows; each layer of tanh; each matrix."""
    for p in net.parameters():
        p.grad = None
    logits = net(X_look)
    tanhs = [layer for layer in net.layers if isinstance(layer, Tanh)]
    matrices = [layer for layer in net.layers if isinstance(layer, Linear)]
    for layer in tanhs:
        layer.out.retain_grad()
    loss = F.cross_entropy(logits, Y_look)
    loss.backward()
    activations = [
        Activations(f"h{i}", "tanh", t.out.detach().numpy(), t.out.grad.numpy())
        for i, t in enumerate(tanhs, 1)
    ]
    weights = [("C", net.C), *((f"W{i}", m.weight) for i, m in enumerate(matrices, 1))]
    seen = [Weights(name, p.detach().numpy().copy(), p.grad.numpy()) for name, p in weights]
    return loss.item(), activations, seen


first_loss, activations, weights = look(net)
print(f"first loss {first_loss:.4f}; guessing has 3.2958")

# %% [markdown]
# ## Picture 1: what comes out
#
# One curve for each layer of tanh: how its outputs are distributed. The legend gives mean and
# standard deviation (sd). *Saturated* are those above 0.97 or below -0.97, where tanh is flat and
# passes next to no gradient.

# %%
for a in activations:
    print(f"{a.name}: mean {a.values.mean():+.2f}, sd {a.values.std():.2f}, {a.saturated:.1%} flat")
activation_histograms(activations)

# %% [markdown]
# Healthy: the five curves have much the same shape. The spread goes from 0.75 in the first layer to
# 0.66 in the fifth and hardly falls after the second; there, 5 to 9 % are saturated.
#
# Why 5/3 and not 1? Tanh squeezes: what comes out is always a little smaller than what went in.
# With the gain 1 every layer shrinks the signal once more. The gain 5/3 pushes back. Here is what
# four gains do to the spread:

# %%
stacks = {gain: look(plain_stack(gain)) for gain in (0.5, 1.0, 5 / 3, 3.0)}
for gain, (_, seen, _) in stacks.items():
    spread = " ".join(f"{a.values.std():.2f}" for a in seen)
    flat = " ".join(f"{a.saturated:4.0%}" for a in seen)
    print(f"gain {gain:.2f}: sd {spread}; saturated {flat}")
half_last = float(stacks[0.5][1][-1].values.std())
one_last = float(stacks[1.0][1][-1].values.std())
kaiming_last = float(stacks[5 / 3][1][-1].values.std())
kaiming_flat = stacks[5 / 3][1][-1].saturated
three_flat = stacks[3.0][1][-1].saturated

# %% [markdown]
# Read it line by line. At 0.5 the signal dies out: the spread halves from layer to layer, 0.41 to
# 0.02. At 1 it does so more slowly, 0.62 to 0.32. At 5/3 it comes to rest at 0.66. At 3 it stays
# high, 0.84, but only because tanh cannot give more than 1: more than 40 % of all numbers are
# saturated. Here is the gain 0.5:

# %%
activation_histograms(stacks[0.5][1])

# %% [markdown]
# The last layers become a needle at zero. With the gain 3 there are two walls, at -1 and 1:

# %%
activation_histograms(stacks[3.0][1])

# %% [markdown]
# ## Picture 2: what comes back
#
# The gradient of the loss at the same places. (The loss is a mean over 512 windows, so each
# window's share of it is tiny; the plot multiplies by 512.) What we want is the same width for all
# layers: then all of them learn at the same speed.

# %%
gradient_histograms(activations)

# %%
for gain, (_, seen, _) in stacks.items():
    spread = " ".join(f"{a.gradients.std() * 512:.5f}" for a in seen)
    print(f"gain {gain:.2f}: sd of gradients {spread}")
fading = {
    gain: float(seen[0].gradients.std() / seen[-1].gradients.std())
    for gain, (_, seen, _) in stacks.items()
}
half_fades, three_grows = fading[0.5], fading[3.0]
print({round(gain, 2): round(share, 2) for gain, share in fading.items()})

# %% [markdown]
# The last line is the width at the first layer over that at the fifth. At 5/3 it is 1.34: nearly
# level. At 0.5 the first layer gets 0.06 of what the fifth gets: each layer halves the gradient on
# its way back, as it halved the signal on its way up. At 3 gradients grow on their way back, 3.46
# times: saturated cells pass none, but the others multiply it by large weights. With 0.5:

# %%
gradient_histograms(stacks[0.5][1])

# %% [markdown]
# And with 3; the first layer is now the widest:

# %%
gradient_histograms(stacks[3.0][1])

# %% [markdown]
# ## Picture 3: gradients of the weights
#
# The same for the matrices: those are the numbers that are changed. What matters is how large a
# gradient is beside the weights that it changes: the **gradient-to-data ratio**, the spread of the
# gradients over that of the weights.

# %%
weight_gradient_histograms(weights)

# %%
for w in weights:
    print(f"{w.name}: sd {w.values.std():.3f}, its gradient {w.gradient_to_data:.1e} of that")
gradient_to_data(weights)

# %% [markdown]
# W1 to W5 are alike, about 0.002. The last matrix stands out: we made its weights small, so its
# gradient is as large as the weights themselves, hundreds of times more than for the others. In the
# first steps it will change much faster than they do. Picture 5 shows whether it calms down.
#
# ## Picture 4: saturation
#
# One map for each layer: a column for each of 100 neurons, a row for each window (64 of the 512). A
# cell is filled where tanh is saturated. A column filled from top to bottom would be a dead neuron:
# no window can change it. Gain 3:

# %%
dead = sum(len(a.dead) for a in stacks[3.0][1])
print(f"{dead} dead neurons")
saturation_maps(stacks[3.0][1])

# %% [markdown]
# Much is filled, 41 to 48 % of each map, but no column from top to bottom: no neuron is dead. With
# gain 5/3 there is far more white:

# %%
saturation_maps(activations)

# %% [markdown]
# ## Picture 5: updates beside the data
#
# The gradient is not yet the change: that is the learning rate times the gradient. The most useful
# of all pictures follows, for each matrix, log10 of (the spread of its update over the spread of
# its numbers) while the network learns. A rule of thumb: about **-3**. Each step should change
# weights by about a thousandth. Far below, nothing is learned; far above, the weights are shaken.

# %%
looked_at = 100 if short else 1_000


def train(net: Stack, rate: float, steps: int) -> tuple[list[float], torch.Tensor]:
    """Trains on batches of 32; the losses, and (steps, 7) sizes of updates as log10."""
    g = torch.Generator().manual_seed(2147483647)
    matrices = [p for p in net.parameters() if p.ndim == 2]
    losses, updates = [], []
    for _ in range(steps):
        ix = torch.randint(0, len(X_train), (32,), generator=g)
        loss = F.cross_entropy(net(X_train[ix]), Y_train[ix])
        for p in net.parameters():
            p.grad = None
        loss.backward()
        with torch.no_grad():
            sizes = torch.stack([rate * p.grad.std() / p.std() for p in matrices])
            for p in net.parameters():
                p -= rate * p.grad
        updates.append(sizes.log10())
        losses.append(loss.item())
    return losses, torch.stack(updates)


def draw_updates(trained: dict[str, torch.Tensor]) -> None:
    """A plot for each training: the means of ten steps, a line for each matrix."""
    _, each = plt.subplots(1, len(trained), figsize=(9, 3), sharey=True, layout="constrained")
    for axes, (title, updates) in zip(each, trained.items(), strict=True):
        means = updates.view(-1, 10, updates.shape[1]).mean(1)
        for column, name in enumerate(["C", *(f"W{i}" for i in range(1, 7))]):
            axes.plot(range(0, len(updates), 10), means[:, column], label=name, linewidth=1)
        axes.axhline(-3, color="black", linewidth=1)
        axes.set_title(title)
        axes.set_xlabel("step")
    each[0].set_ylabel("log10 of update to data")
    each[-1].legend(fontsize=7, ncols=2)


by_gain, gain_losses = {}, {}
for gain in (0.5, 5 / 3, 3.0):
    losses, by_gain[f"gain {gain:.2f}, rate 0.1"] = train(plain_stack(gain), 0.1, looked_at)
    gain_losses[gain] = sum(losses[-100:]) / 100
    print(f"gain {gain:.2f}: mean loss of the last 100 steps {gain_losses[gain]:.3f}")
draw_updates(by_gain)

# %% [markdown]
# Gain 5/3, in the middle: the hidden matrices start at the line, rise a little above it and stay,
# close together; W6 starts far too fast and calms down. Gain 0.5: all start far below, the
# embedding C at 10^-5.5. No useful gradient comes down until the weights have grown, and those
# steps are lost: after 1,000 the loss is 2.53 where gain 5/3 has 2.34. Gain 3 has 2.37: six layers
# forgive it much.
#
# Now the gain 5/3, and rates too low, right and too high:

# %%
by_rate, rate_losses = {}, {}
for rate in (0.001, 0.1, 1.0):
    losses, by_rate[f"gain 1.67, rate {rate}"] = train(plain_stack(5 / 3), rate, looked_at)
    rate_losses[rate] = sum(losses[-100:]) / 100
    print(f"rate {rate}: mean loss of the last 100 steps {rate_losses[rate]:.3f}")
draw_updates(by_rate)


# %%
def usual(updates: torch.Tensor) -> float:
    """The mean over the hidden matrices and the second half of the steps."""
    return updates[len(updates) // 2 :, 1:-1].mean().item()


for title, updates in (by_gain | by_rate).items():
    print(f"{title}: hidden matrices change by 10^{usual(updates):.2f}")
low, good, high = (usual(updates) for updates in by_rate.values())
half_loss, kaiming_loss, three_loss = gain_losses.values()
slow_loss, _, plain_fast = rate_losses.values()

# %% [markdown]
# At the rate 0.001 the matrices change by a hundred-thousandth in each step, and after 1,000 steps
# the loss is 3.08: the network has hardly begun. At 1 they change by three hundredths; the loss is
# 3.93, worse than guessing. At 0.1 they are at 10^-2.4, a little above the line, and the loss is
# 2.34. The line is a rule of thumb, but it tells the three apart without any knowledge of the task.
#
# So with the right gain and the right rate a plain stack of six works. But look at what it took: a
# gain that is right for tanh and for this depth; at 0.5 hardly anything comes through, at 3 it
# saturates. The deeper, the narrower the range. Can the network be made to take care of itself?
#
# ## Batch normalisation, by hand
#
# Back to the one hidden layer of lesson 5. We want its *preactivations*, what goes into tanh, to
# have mean 0 and standard deviation 1 over the batch. All of lesson 5 was about drawing weights so
# that this is roughly so. The idea of Ioffe and Szegedy (2015, [arXiv
# 1502.03167](https://arxiv.org/abs/1502.03167)) is nearly impudent: if you want it so, make it so.
# Subtract the mean, divide by the standard deviation. Both are sums, differences and quotients;
# gradients pass through them as through anything else.

# %%
g = torch.Generator().manual_seed(2147483647)
C = torch.randn((27, 10), generator=g)
W1 = torch.randn((30, 200), generator=g) * (5 / 3) / 30**0.5
torch.randn(200, generator=g)  # drawn for a b1 that is not needed, see below
W2 = torch.randn((200, 27), generator=g) * 0.01
b2 = torch.randn(27, generator=g) * 0

X, Y = X_train[:32], Y_train[:32]
preactivations = C[X].flatten(1) @ W1  # (32, 200)
mean = preactivations.mean(0, keepdim=True)  # (1, 200): each neuron's own, over the batch
sd = preactivations.std(0, keepdim=True)
standard = (preactivations - mean) / sd
print(f"before: neuron 0 has mean {preactivations[:, 0].mean():.2f}, sd {sd[0, 0]:.2f}")
print(f"after:  neuron 0 has mean {standard[:, 0].mean().abs():.2f}, sd {standard[:, 0].std():.2f}")

# %% [markdown]
# That is right for the start, and wrong for ever: the network would never be allowed to make a
# neuron more decided, or to push it to one side. So two more vectors are learned, a **gain** that
# starts at 1 and a **bias** that starts at 0: the layer starts normal, and may leave.

# %%
gain, bias = torch.ones((1, 200)), torch.zeros((1, 200))
parameters = [C, W1, W2, b2, gain, bias]
for p in parameters:
    p.requires_grad_()
print(f"{sum(p.nelement() for p in parameters):,} parameters")

# %% [markdown]
# ## A bias that does nothing
#
# Lesson 5 had a b1 here. It is gone, and here is why: whatever is added to a neuron for all rows is
# in its mean too, and is subtracted again. Its gradient is zero, up to rounding:

# %%
b1 = torch.ones(200, requires_grad=True)
preactivations = C[X].flatten(1) @ W1 + b1
standard = (preactivations - preactivations.mean(0)) / preactivations.std(0)
F.cross_entropy(torch.tanh(gain * standard + bias) @ W2 + b2, Y).backward()
useless = b1.grad.abs().max().item()
print(f"largest gradient of b1: {useless:.0e}; of the new bias: {bias.grad.abs().max():.0e}")

# %% [markdown]
# So a linear layer before a batch normalisation is made without bias; the normalisation has one.
#
# ## Training
#
# One question must be settled first. After training we want the model to judge *one* window. One
# row has no spread, and a batch of strangers should not have a say in what a name is worth. So for
# use we need a fixed mean and a fixed standard deviation for each neuron. Two ways:
#
# - **calibrate**: when training is done, measure both over the whole training set;
# - **run**: while training, keep averages that follow the batches slowly: 0.999 of the old value
#   and 0.001 of the new. They cost nothing, and no second pass is needed.
#
# We do both, and compare. This loop is the long one.

# %%
steps = 2_000 if short else 200_000
running_mean, running_sd = torch.zeros((1, 200)), torch.ones((1, 200))
loop_losses = torch.empty(steps)
clock = time.perf_counter()
for step in range(steps):
    ix = torch.randint(0, len(X_train), (32,), generator=g)
    preactivations = C[X_train[ix]].flatten(1) @ W1
    mean = preactivations.mean(0, keepdim=True)
    sd = preactivations.std(0, keepdim=True)
    h = torch.tanh(gain * (preactivations - mean) / sd + bias)
    loss = F.cross_entropy(h @ W2 + b2, Y_train[ix])
    for p in parameters:
        p.grad = None
    loss.backward()
    rate = 0.1 if step < steps // 2 else 0.01
    with torch.no_grad():
        running_mean = 0.999 * running_mean + 0.001 * mean
        running_sd = 0.999 * running_sd + 0.001 * sd
        for p in parameters:
            p -= rate * p.grad
    loop_losses[step] = loss.item()
loop_seconds = time.perf_counter() - clock
print(f"{loop_seconds:.0f} s")

plt.figure(figsize=(5, 3))
plt.plot(loop_losses.view(-1, steps // 200).mean(1))
plt.xlabel(f"step, in units of {steps // 200:,}")
plt.ylabel("loss, nats per character")


# %% [markdown]
# The step down in the middle is where the rate falls from 0.1 to 0.01.
#
# ## Calibrated against running

# %%
with torch.no_grad():
    preactivations = C[X_train].flatten(1) @ W1
    calibrated_mean = preactivations.mean(0, keepdim=True)
    calibrated_sd = preactivations.std(0, keepdim=True)


def loss_of(X: torch.Tensor, Y: torch.Tensor, mean: torch.Tensor, sd: torch.Tensor) -> float:
    """The loss with a fixed mean and standard deviation."""
    with torch.no_grad():
        h = torch.tanh(gain * (C[X].flatten(1) @ W1 - mean) / sd + bias)
        return F.cross_entropy(h @ W2 + b2, Y).item()


train_loss = loss_of(X_train, Y_train, calibrated_mean, calibrated_sd)
dev_loss = loss_of(X_dev, Y_dev, calibrated_mean, calibrated_sd)
running_dev = loss_of(X_dev, Y_dev, running_mean, running_sd)
print(f"calibrated: train {train_loss:.4f}, dev {dev_loss:.4f}")
print(f"running:    dev {running_dev:.4f}")
assert abs(running_dev - dev_loss) < 0.01

# %%
mean_gap = ((running_mean - calibrated_mean) / calibrated_sd).abs().max().item()
sd_gap = (running_sd / calibrated_sd - 1).abs().max().item()
print(f"means differ by at most {mean_gap:.3f} standard deviations; sds by {sd_gap:.1%}")

plt.figure(figsize=(4, 4))
plt.plot(calibrated_mean[0], running_mean[0], ".", label="mean")
plt.plot(calibrated_sd[0], running_sd[0], ".", label="standard deviation")
plt.axline((0, 0), slope=1, color="gray", linewidth=1)
plt.xlabel("over the training set")
plt.ylabel("running")
plt.legend()

# %% [markdown]
# All dots lie on the diagonal: the averages that ran along are as good as a second pass over the
# data. They give 2.1051 on dev, calibration 2.1049; the lecture notes 2.1048. A careful start gives
# 2.103 to 2.107 (lesson 5), so nothing is gained here, and that is no surprise: with one hidden
# layer a careful start is all it takes. Batch normalisation shows what it is worth when there are
# many.
#
# ## Epsilon
#
# One more detail. What if a neuron has the same value for every row?

# %%
same = C[X_train[:1].expand(32, 3)].flatten(1) @ W1  # 32 times the same window
with torch.no_grad():
    variance = same.var(0, keepdim=True)
    bare = (same - same[:1]) / variance.sqrt()
    safe = (same - same[:1]) / (variance + 1e-5).sqrt()
not_numbers = bare.isnan().float().mean().item()
print(f"without: {not_numbers:.0%} are not numbers; with: {safe.isnan().float().mean().item():.0%}")

# %% [markdown]
# Zero divided by zero. So a small number, *epsilon*, 0.00001, is added to the variance before the
# root is taken. The layer below has it.
#
# ## Rows are coupled
#
# Now the price. While it is trained, what the network says of a window depends on the other 31
# windows that happen to be drawn with it. Take `emm`, which is to be followed by a, and ask about
# it in 200 batches:

# %%
emm = torch.tensor([[number[letter] for letter in "emm"]])


def logits_beside(mates: int, g: torch.Generator) -> torch.Tensor:
    """The logits of emm in training mode, with so many other windows."""
    ix = torch.randint(0, len(X_train), (mates,), generator=g)
    preactivations = C[torch.cat([emm, X_train[ix]])].flatten(1) @ W1
    mean, sd = preactivations.mean(0, keepdim=True), preactivations.std(0, keepdim=True)
    return (torch.tanh(gain * (preactivations - mean) / sd + bias) @ W2 + b2)[0]


g_mates = torch.Generator().manual_seed(3)
a_logit = {}
with torch.no_grad():
    for mates in (7, 31, 127, 511):
        asked = torch.stack([logits_beside(mates, g_mates) for _ in range(200)])
        a_logit[mates] = asked[:, 1]
        print(f"{mates:3} mates: logit of a {asked[:, 1].mean():.2f} +- {asked[:, 1].std():.2f}")
jitter = a_logit[31].std().item()
less_jitter = a_logit[511].std().item()

plt.figure(figsize=(5, 3))
plt.hist([a_logit[31].numpy(), a_logit[511].numpy()], bins=30, label=["31 mates", "511 mates"])
plt.xlabel("logit of a after emm")
plt.ylabel("batches")
plt.legend()

# %% [markdown]
# The same window, the same weights, and 200 different answers. After 31 others the logit of a is
# 6.25 +- 0.26; with 511 others 0.06, because the mean of many is steadier.
#
# Strangely, this is not only bad. The network never sees a window twice in quite the same way, as
# if each were shaken a little: noise of that kind makes it harder to learn examples by heart. Batch
# normalisation is therefore a weak **regulariser**. But it is an odd thing to have: rows of a batch
# should not know of each other, and code that mixes up the two modes has a bug that is hard to
# find. That is why there are other normalisations; Transformers use one that looks at each row
# alone.
#
# ## As a layer
#
# The same as a module. It has both modes, *training* and *inference* (PyTorch says `eval`), and
# both kinds of numbers: *parameters* that are learned (gamma and beta, the usual names for gain and
# bias), and *buffers* that only run along. One convention: as in the paper and in PyTorch, a batch
# of N rows is normalised by the plain variance, where the sum of squares is divided by N, while the
# running variance follows the unbiased one, divided by N - 1.


# %%
class BatchNorm1d:
    """Mean zero and variance one over the batch, then gamma and beta."""

    def __init__(self, size: int, epsilon: float = 1e-5, momentum: float = 0.1) -> None:
        """Starts normal."""
        self.epsilon, self.momentum, self.training = epsilon, momentum, True
        self.gamma, self.beta = torch.ones(size), torch.zeros(size)
        self.running_mean, self.running_var = torch.zeros(size), torch.ones(size)

    def __call__(self, x: torch.Tensor) -> torch.Tensor:
        """(N, H) from (N, H)."""
        if self.training:
            mean, variance = x.mean(0), x.var(0, correction=0)
            with torch.no_grad():
                self.running_mean.lerp_(mean, self.momentum)
                self.running_var.lerp_(x.var(0), self.momentum)
        else:
            mean, variance = self.running_mean, self.running_var
        self.out = self.gamma * (x - mean) / (variance + self.epsilon).sqrt() + self.beta
        return self.out

    def parameters(self) -> list[torch.Tensor]:
        """What is learned; the running averages are not."""
        return [self.gamma, self.beta]


# %% [markdown]
# `a.lerp_(b, 0.1)` is 0.9 a + 0.1 b, in place. This 0.1 is the *momentum*: how much of the new
# batch goes into the running averages; the loop above had 0.001. The lecture puts such a layer
# after *every* linear one, the last one too; where the last linear one had its weights multiplied
# by 0.1, now the gamma after it is.


# %%
def normalised_stack(gain: float) -> Stack:
    """Six linear layers without bias, each normalised, with tanh between them."""
    g = torch.Generator().manual_seed(2147483647)
    C = torch.randn((27, 10), generator=g)
    layers: list = []
    for fan_in, fan_out in pairwise(SIZES):
        layers += [Linear(fan_in, fan_out, g, bias=False), BatchNorm1d(fan_out), Tanh()]
        layers[-3].weight *= gain
    layers.pop()
    layers[-1].gamma *= 0.1
    return Stack(C, layers)


normalised_parameters = sum(p.nelement() for p in normalised_stack(1.0).parameters())
print(f"{normalised_parameters:,} parameters")

# %% [markdown]
# 47,024. Now the same pictures for the same gains as before:

# %%
cured = {gain: look(normalised_stack(gain)) for gain in (0.5, 1.0, 5 / 3, 3.0)}
for gain, (_, seen, _) in cured.items():
    spread = " ".join(f"{a.values.std():.2f}" for a in seen)
    flat = " ".join(f"{a.saturated:4.1%}" for a in seen)
    back = seen[0].gradients.std() / seen[-1].gradients.std()
    print(f"gain {gain:.2f}: sd {spread}; saturated {flat}; gradient, first over last {back:.2f}")
cured_half, cured_three = (float(cured[gain][1][-1].values.std()) for gain in (0.5, 3.0))
cured_back = float(back)

# %% [markdown]
# All lines are the same. The normalisation divides by the standard deviation, so whatever
# multiplies the weights is divided out again. Whatever the gain, every layer has the spread 0.63 or
# 0.64, about 3 % of its numbers are saturated, and the gradient at the first layer is 1.68 times
# that at the last. The four pictures for the gain 3:

# %%
activation_histograms(cured[3.0][1])

# %%
gradient_histograms(cured[3.0][1])

# %%
weight_gradient_histograms(cured[3.0][2])

# %%
saturation_maps(cured[3.0][1])

# %% [markdown]
# And the updates while it learns, at the same rate for three gains:

# %%
normal_updates, normal_losses = {}, {}
for gain in (0.5, 5 / 3, 3.0):
    losses, updates = train(normalised_stack(gain), 0.1, looked_at)
    normal_losses[gain] = sum(losses[-100:]) / 100
    normal_updates[f"gain {gain:.2f}, rate 0.1"] = updates
    first_ten = updates[:10, 1:-1].mean()
    print(f"gain {gain:.2f}: loss {normal_losses[gain]:.3f}, ", end="")
    print(f"updates first 10^{first_ten:.2f}, later 10^{usual(updates):.2f}")
draw_updates(normal_updates)

# %%
fast_losses, fast_updates = train(normalised_stack(5 / 3), 1.0, looked_at)
fast = sum(fast_losses[-100:]) / 100
normal_half, normal_kaiming, normal_three = normal_losses.values()
print(f"rate 1: loss {fast:.3f}; without normalisation {rate_losses[1.0]:.3f}")

# %% [markdown]
# Look twice. The gain is not without any trace. Outputs do not depend on it, but three times larger
# weights have a three times smaller gradient, and so change nine times less beside their size. In
# the first ten steps the hidden matrices change by 10^-2.1 at the gain 0.5 and by 10^-3.6 at 3;
# later they come nearer to each other. Large weights under a normalisation act like a low learning
# rate.
#
# Now the losses after 1,000 steps. At gain 0.5 the normalised stack has 2.41 where the plain one
# had 2.53. At gain 5/3 it is 2.43 against 2.34: for six layers and a careful start, normalisation
# is no gain at all, and the noise of small batches costs something. But it allows far higher rates:
# at the rate 1, which wrecked the plain stack (3.93), it comes to 2.38, better than at 0.1. That is
# what its authors promised: less care, higher rates.
#
# ## The same with torch.nn
#
# All of these layers exist ready-made. `nn.Linear` keeps its matrix the other way round, (out, in);
# `nn.BatchNorm1d` calls gamma `weight` and beta `bias`. Build the stack of them, copy our weights,
# and compare: logits, one step of training, running averages.

# %%
ours = normalised_stack(5 / 3)
modules: list[nn.Module] = [nn.Embedding(27, 10), nn.Flatten()]
for fan_in, fan_out in pairwise(SIZES):
    modules += [nn.Linear(fan_in, fan_out, bias=False), nn.BatchNorm1d(fan_out), nn.Tanh()]
theirs = nn.Sequential(*modules[:-1])
print(f"{sum(p.nelement() for p in theirs.parameters()):,} parameters")


def turned(ours: Stack) -> list[torch.Tensor]:
    """Our parameters in the order and shape of theirs."""
    return [ours.C] + [p.T if p.ndim == 2 else p for p in ours.parameters()[1:]]


with torch.no_grad():
    for mine, its in zip(turned(ours), theirs.parameters(), strict=True):
        its.copy_(mine)


# %%
def gap(a: torch.Tensor, b: torch.Tensor) -> float:
    """The largest difference."""
    return (a - b).abs().max().item()


same_logits = gap(ours(X_look), theirs(X_look))
for parameters_of, logits in ((ours.parameters(), ours(X_look)), (None, theirs(X_look))):
    each = list(parameters_of or theirs.parameters())
    found = torch.autograd.grad(F.cross_entropy(logits, Y_look), each)
    with torch.no_grad():
        for p, gradient in zip(each, found, strict=True):
            p -= 0.1 * gradient
same_step = max(gap(a, b) for a, b in zip(turned(ours), theirs.parameters(), strict=True))
norms = [layer for layer in theirs if isinstance(layer, nn.BatchNorm1d)]
own = [layer for layer in ours.layers if isinstance(layer, BatchNorm1d)]
same_running = max(
    max(gap(a.running_mean, b.running_mean), gap(a.running_var, b.running_var))
    for a, b in zip(own, norms, strict=True)
)
print(f"logits {same_logits:.0e}, after a step {same_step:.0e}, averages {same_running:.0e}")
assert max(same_logits, same_step, same_running) < 1e-5

# %% [markdown]
# Equal to the last digit or two of float32. `theirs.train()` and `theirs.eval()` switch between the
# modes; forgetting the second before using a model is the classic mistake.
#
# ## The same with the package
#
# `deep_mlp` is this stack, less the norm on the logits. Its `layers` counts the matrices, the one
# to the logits included; with two, and 200 neurons, it is the network of the long loop. It counts
# every distinct window once and weighs it by how often it occurs (lesson 11), and so needs seconds:

# %%
clock = time.perf_counter()
maker = MakeMore(
    DeepMLPOptions(layers=2, hidden=200),
    steps=50 if short else 1_000,
    split="lecture",
    random_state=0,
).fit(names)
seconds = time.perf_counter() - clock
package_parameters = sum(p.numel() for p in maker.learned_.model.parameters())
package_dev = maker.learned_.report.dev_loss
print(f"{package_parameters:,} parameters, dev {package_dev:.4f}")
print(f"{seconds:.1f} s; the loop above took {loop_seconds:.0f} s")

# %% [markdown]
# A lower loss than the loop's, in seconds. Now the deep ones, with and without normalisation:

# %%
deep_dev = {}
for options in (PlainMLPOptions(), DeepMLPOptions()):
    clock = time.perf_counter()
    deep = MakeMore(options, steps=20 if short else 400, split="lecture", random_state=0).fit(names)
    deep_dev[deep.learned_.family] = deep.learned_.report.dev_loss
    print(f"{deep.learned_.family}: dev {deep.learned_.report.dev_loss:.4f}, ", end="")
    print(f"{time.perf_counter() - clock:.1f} s")
plain_dev, deep_mlp_dev = deep_dev["plain_mlp"], deep_dev["deep_mlp"]

# %% [markdown]
# 2.07 both: with four times as many parameters they are below everything above. With and without
# normalisation they are about a thousandth apart, as one should expect by now: six layers that
# start well do not need it. Lesson 7 goes to thirty.
#
# `probe` asks a fitted model what you asked by hand. For batch normalisation it compares running
# averages with calibrated ones, layer by layer and neuron by neuron:

# %%
found = deep.probe(names).networks[0]
for norm in found.norms:
    print(f"{norm.name}: running means are {norm.distance:.3f} standard deviations off")
running_against_calibrated(found.norms)

# %% [markdown]
# And the loss of one name in twenty batches, each with 31 other names. One stroke is one batch:

# %%
print(f"{found.batch_losses.mean():.3f} nats per character, +- {found.batch_losses.std():.3f}")
batch_mates(found.batch_losses)

# %% [markdown]
# ## What to keep
#
# - A layer is a module: parameters, a call, an output to look at.
# - Look at activations, at gradients, at gradients beside weights, at saturation, and above all at
#   updates beside weights: about 10^-3.
# - Too small a gain and the signal dies from layer to layer; too large and tanh saturates. Depth
#   makes both worse.
# - Batch normalisation standardises each neuron over the batch, then lets it learn a gain and a
#   bias. It makes a stack indifferent to the size of its weights at the start; the rate still
#   matters.
# - Its price: two modes, running averages, rows that know of each other.
#
# ## Exercises
#
# 1. Check for every layer of the deep stack that the running mean and variance agree with those of
#    the whole training set. What happens with a momentum of 0.5? With 0.001 after 500 steps?
# 2. Write the deep stack with `nn.Linear` and `nn.BatchNorm1d` alone, train both from the same
#    weights on the same batches, and compare the losses step by step.
# 3. Take every tanh out of the plain stack. Which gain keeps the spread at 1 now? And what has the
#    network become?
# 4. When training is over, batch normalisation is only a multiplication and an addition. Fold it
#    into the linear layer before it, and check that nothing changes.
# 5. Start the plain stack with all its weights and biases at zero, the embedding as usual. What
#    does it learn, and which loss does it come to?
#
# Answers: [answers/06_batch_normalisation.py](answers/06_batch_normalisation.py).
