# %% [markdown]
# # 5. Initialisation
#
# The network of lesson 3 works. It works in spite of how it starts: its first loss is about eight
# times too high, and most of its hidden layer lets no gradient through. You will look inside it,
# find both faults, mend each with one multiplication, and see what that is worth on the dev part:
# 2.17, then 2.13, then 2.10. Then you will see where the right factors come from: **Kaiming
# initialisation**.
#
# Takes three to seven minutes: four trainings of 200,000 steps. You need lesson 3.

# %%
import math
import os
import random
import time

import matplotlib.pyplot as plt
import numpy as np
import torch
import torch.nn.functional as F

from makemore import MakeMore, MLPOptions
from makemore.corpus.named.corpora import dataset_named
from makemore.plots.curves import smoothed

short = os.environ.get("LESSONS") == "short"  # tests run few steps
torch.set_num_threads(1)  # small matrices: a second core would only be waited for

# %% [markdown]
# ## The network of lesson 3
#
# The same names, the same split, the same windows of three letters.

# %%
names = dataset_named("us-names").load().to_list()
letters = [".", *sorted(set("".join(names)))]
number = {letter: i for i, letter in enumerate(letters)}


def windows(names: list[str]) -> tuple[torch.Tensor, torch.Tensor]:
    """For each letter the three before it, (n, 3), and itself, (n)."""
    X, Y = [], []
    for name in names:
        before = [0, 0, 0]
        for i in [*(number[letter] for letter in name), 0]:
            X.append(before)
            Y.append(i)
            before = [*before[1:], i]
    return torch.tensor(X), torch.tensor(Y)


shuffled = names.copy()
random.seed(42)
random.shuffle(shuffled)
n1, n2 = int(0.8 * len(names)), int(0.9 * len(names))
Xtr, Ytr = windows(shuffled[:n1])
Xdev, Ydev = windows(shuffled[n1:n2])
print(f"{len(Ytr):,} letters to learn, {len(Ydev):,} to choose by")

# %% [markdown]
# Window 3, embedding 10, hidden 200. Everything is drawn from N(0, 1), the normal distribution with
# mean 0 and standard deviation 1, and then multiplied by a factor. At first all factors are 1. This
# lesson changes nothing but these four factors.

# %%
Parameters = list[torch.Tensor]


def start(
    w1: float = 1.0, b1: float = 1.0, w2: float = 1.0, b2: float = 1.0
) -> tuple[Parameters, torch.Generator]:
    """Fresh parameters C, W1, b1, W2, b2, and the generator that goes on to draw the batches."""
    g = torch.Generator().manual_seed(2147483647)
    parameters = [
        torch.randn((27, 10), generator=g),
        torch.randn((30, 200), generator=g) * w1,
        torch.randn(200, generator=g) * b1,
        torch.randn((200, 27), generator=g) * w2,
        torch.randn(27, generator=g) * b2,
    ]
    for p in parameters:
        p.requires_grad = True
    return parameters, g


def forward(parameters: Parameters, X: torch.Tensor) -> tuple[torch.Tensor, ...]:
    """What goes into tanh, (n, 200); what comes out of it, (n, 200); the logits, (n, 27)."""
    C, W1, b1, W2, b2 = parameters
    before = C[X].view(-1, 30) @ W1 + b1
    h = torch.tanh(before)
    return before, h, h @ W2 + b2


def loss_on(parameters: Parameters, X: torch.Tensor, Y: torch.Tensor) -> float:
    """The loss on many letters, without gradients."""
    with torch.no_grad():
        return F.cross_entropy(forward(parameters, X)[-1], Y).item()


plain, g = start()
print(f"{sum(p.nelement() for p in plain):,} parameters")

# %% [markdown]
# ## The first loss
#
# Before the first step the network knows nothing. Then the best that it can say is 1/27 of every
# letter, and its loss should be -ln(1/27):

# %%
expected = -math.log(1 / 27)
some = torch.randint(0, len(Xtr), (32,), generator=g)
first_batch, first = loss_on(plain, Xtr[some], Ytr[some]), loss_on(plain, Xtr, Ytr)
print(f"expected {expected:.4f}, found {first_batch:.2f} on 32 letters, {first:.2f} on all")

# %% [markdown]
# About 27, where 3.3 was to be expected. Look at what the network says of the first window, before
# any learning:

# %%
with torch.no_grad():
    logits = forward(plain, Xtr[:1])[-1][0]
p = F.softmax(logits, dim=0)
best, right = int(p.argmax()), int(Ytr[0])
print("logits", [round(x, 1) for x in logits.tolist()])
print(f"standard deviation {logits.std():.1f}")
print(f"most probable: {letters[best]}, probability {p[best]:.4f}")
print(f"right: {letters[right]}, probability {p[right]:.1e}, loss {-p[right].log():.2f}")

# %% [markdown]
# The logits are spread widely, so softmax makes one of them nearly certain. The network is not
# ignorant, it is **sure, and wrong**. A smaller example, four classes of which class 2 is right:

# %%
for some in ([0, 0, 0, 0], [0, 0, 5, 0], [0, 5, 0, 0], [-3.0, 5.0, 0.0, 2.0], [-30, 50, 0, 20]):
    loss = F.cross_entropy(torch.tensor([some], dtype=torch.float32), torch.tensor([2]))
    print(f"{some!s:22} loss {loss:.4f}")

# %% [markdown]
# Equal logits cost ln 4 = 1.3863. Sure and right costs nearly nothing, sure and wrong costs as much
# as the logits lie apart. Logits drawn at random and large are sure of something, and 26 times of
# 27 it is wrong.
#
# What does training do with such a start? Train it, as in lesson 3: 200,000 steps of 32 letters,
# the rate 0.1 and then 0.01.

# %%
steps = 2_000 if short else 200_000


def train(parameters: Parameters, g: torch.Generator) -> np.ndarray:
    """Trains in place, and gives the loss of each step."""
    losses = []
    for i in range(steps):
        some = torch.randint(0, len(Xtr), (32,), generator=g)
        loss = F.cross_entropy(forward(parameters, Xtr[some])[-1], Ytr[some])
        losses.append(loss.item())
        for p in parameters:
            p.grad = None
        loss.backward()
        rate = 0.1 if i < steps // 2 else 0.01
        for p in parameters:
            p.data -= rate * p.grad
    return np.array(losses)


clock = time.perf_counter()
plain, g = start()
plain_losses = train(plain, g)
loop_seconds = time.perf_counter() - clock
plain_train, plain_dev = loss_on(plain, Xtr, Ytr), loss_on(plain, Xdev, Ydev)
print(f"train {plain_train:.4f}, dev {plain_dev:.4f}, {loop_seconds:.0f} s")

# %%
plt.figure(figsize=(5, 3))
thousands = np.arange(steps) / 1000
plt.plot(thousands, np.log10(plain_losses), linewidth=0.5)
plt.axhline(math.log10(expected), linestyle=":", color="black")
plt.xlabel("step, thousands")
plt.ylabel("log10 of the loss")

# %% [markdown]
# A hockey stick. The steep blade on the left is no learning of names: in it the network only makes
# its logits smaller. The dotted line is where it should have started.
#
# ## The cure: squash the last layer
#
# logits = h W2 + b2. We want them near zero. So draw b2 as zeros, and W2 a hundred times smaller:

# %%
squashed, g = start(w2=0.01, b2=0)
squashed_first = loss_on(squashed, Xtr, Ytr)
print(f"expected {expected:.4f}, found {squashed_first:.4f}")

squashed_losses = train(squashed, g)
squashed_train, squashed_dev = loss_on(squashed, Xtr, Ytr), loss_on(squashed, Xdev, Ydev)
print(f"train {squashed_train:.4f}, dev {squashed_dev:.4f}")

# %%
plt.figure(figsize=(5, 3))
plt.plot(plain_losses[:5000], linewidth=0.6, label="everything from N(0, 1)")
plt.plot(squashed_losses[:5000], linewidth=0.6, label="last layer squashed")
plt.axhline(expected, linestyle=":", color="black", label="guessing")
plt.xlabel("step")
plt.ylabel("loss, nats per character")
plt.legend()

means = np.convolve(plain_losses, np.ones(100) / 100, "valid")  # of 100 steps each
wasted = int(np.argmax(means < expected)) + 100
print(f"the first start is as good as guessing after {wasted:,} steps")

# %% [markdown]
# The blade is gone: the loss starts at 3.3 and goes down from there. Dev went from 2.170 to 2.131.
# The first start needed about 1,700 steps to come to where the second one begins. Nothing was
# added; steps that only made logits smaller are now spent on names.
#
# Why not W2 = 0? Here it would do. But look at what goes back to the hidden layer: the gradient of
# h is that of the logits times W2. With zeros nothing gets through in the first step. Small and not
# zero is the safer habit; an exercise goes on from here.
#
# ## The second fault: saturated tanh
#
# Now the hidden layer. Ask the fresh network about 32 windows, and look at what goes into tanh and
# at what comes out:

# %%
fresh, g = start(w2=0.01, b2=0)
some = torch.randint(0, len(Xtr), (32,), generator=g)
before, h, logits = forward(fresh, Xtr[some])
before_std = before.std().item()
print(
    f"into tanh: standard deviation {before_std:.1f}, from {before.min():.0f} to {before.max():.0f}"
)

fig, (left, right) = plt.subplots(1, 2, figsize=(8, 3), layout="constrained")
left.hist(before.flatten().tolist(), bins=50)
left.set(xlabel="x, into tanh", ylabel="how many of 32 x 200")
right.hist(h.flatten().tolist(), bins=50)
right.set(xlabel="h, out of tanh")

# %% [markdown]
# Numbers as large as 19 go in, and tanh makes -1 or 1 of most of them. Why is that bad? Think of
# the way back. With t = tanh(x) = (e^(2x) - 1) / (e^(2x) + 1), write u = e^(2x), so that u' = 2u:
#
#     t' = (2u (u + 1) - 2u (u - 1)) / (u + 1)^2 = 4u / (u + 1)^2
#     1 - t^2 = ((u + 1)^2 - (u - 1)^2) / (u + 1)^2 = 4u / (u + 1)^2
#
# So the derivative is **1 - t^2**. Whatever gradient comes back to h is multiplied by it before it
# goes on to W1. Ask PyTorch whether that is right:

# %%
x = torch.tensor([0.0, 0.5, 1.0, 2.0, 2.1, 5.0, 20.0], requires_grad=True)
t = torch.tanh(x)
t.sum().backward()
for a, b, slope in zip(x.tolist(), t.tolist(), x.grad.tolist(), strict=True):
    print(f"x {a:4.1f}   tanh {b:.4f}   1 - t^2 {1 - b * b:.4f}   PyTorch {slope:.4f}")

# %%
line = torch.linspace(-5, 5, 201)
plt.figure(figsize=(5, 3))
plt.plot(line, line.tanh(), label="t = tanh(x)")
plt.plot(line, 1 - line.tanh() ** 2, "--", label="1 - t^2, what goes back")
plt.xlabel("x")
plt.legend()

# %% [markdown]
# At x = 0 everything goes back. Beyond 2.1, where |t| is above 0.97, less than 6 % does; at 5
# nothing to speak of. There the neuron is **saturated**: changing its weights a little changes
# nothing, so it cannot learn from this window.
#
# Here is a map: a row for each of the 32 windows, a column for each of the 200 neurons. White is
# |h| > 0.97:

# %%
plt.figure(figsize=(8, 2))
plt.imshow(h.detach().abs() > 0.97, cmap="gray", interpolation="nearest")
plt.xlabel("neuron")
plt.ylabel("window")


# %%
def saturated_share(h: torch.Tensor) -> float:
    """The share of numbers that let next to no gradient through."""
    return (h.abs() > 0.97).float().mean().item()


def stuck(h: torch.Tensor) -> int:
    """How many neurons are saturated for every window."""
    return int((h.abs() > 0.97).all(dim=0).sum())


with torch.no_grad():
    all_h = forward(fresh, Xtr)[1]
plain_saturated = saturated_share(all_h)
stuck_in_batch, stuck_in_all = stuck(h), stuck(all_h)
print(f"saturated: {plain_saturated:.1%} of all numbers of the training part")
print(f"neurons saturated for all 32 windows: {stuck_in_batch}; for all windows: {stuck_in_all}")

# %% [markdown]
# Seven numbers of ten are white. But no column is white from top to bottom. That would be a neuron
# that learns nothing from any of the 32. If it is white for *every* window of the list, it is a
# **dead unit**: no example ever changes its weights, so it stays as it is for ever.
#
# With tanh that is rare. With *relu*, which passes positive numbers on and makes 0 of all others,
# it is easy. Where relu gives 0, its derivative is exactly 0. One step too large, one gradient too
# big, and the bias falls so far that no window brings the neuron above zero. It is then knocked
# out. Watch one die, with 1,000 inputs, a neuron that should learn to give 1, and a rate that is
# too high:

# %%
g = torch.Generator().manual_seed(1)
inputs = torch.randn((1000, 10), generator=g)
for rate in (0.1, 50.0):
    w = torch.full((10,), 0.1, requires_grad=True)
    b = torch.tensor(2.0, requires_grad=True)
    for step in range(4):
        out = F.relu(inputs @ w + b)
        w.grad = b.grad = None
        ((out - 1) ** 2).mean().backward()
        alive = (out > 0).float().mean().item()
        print(f"rate {rate}: step {step}, above zero for {alive:.1%}, gradient of b {b.grad:.3f}")
        w.data -= rate * w.grad
        b.data -= rate * b.grad

# %% [markdown]
# ## The cure: smaller weights before tanh
#
# What goes into tanh is x W1 + b1, with a standard deviation of 5.2 where we want about 1. So
# multiply W1 by 0.2 and b1 by 0.01. (Zero would do for b1; the lecture likes a little noise there.)
# The same 32 windows again:

# %%
gentle, g = start(w1=0.2, b1=0.01, w2=0.01, b2=0)
before, h, logits = forward(gentle, Xtr[some])
with torch.no_grad():
    gentle_saturated = saturated_share(forward(gentle, Xtr)[1])
print(f"into tanh: standard deviation {before.std():.2f}; {gentle_saturated:.1%} saturated")

fig, (left, right) = plt.subplots(1, 2, figsize=(8, 3), layout="constrained")
left.hist(h.flatten().tolist(), bins=50)
left.set(xlabel="h, out of tanh", ylabel="how many of 32 x 200")
right.imshow(h.detach().abs() > 0.97, cmap="gray", interpolation="nearest", aspect="auto")
right.set(xlabel="neuron", ylabel="window")

# %% [markdown]
# On this map a dead unit would be seen at once. Make three, by giving three neurons a bias of 40,
# and look for the white columns. No gradient reaches their weights, not from any window of the
# list:

# %%
hurt = [p.detach().clone() for p in gentle]
hurt[2][[50, 100, 150]] = 40.0
for p in hurt:
    p.requires_grad = True
_, h, logits = forward(hurt, Xtr)
F.cross_entropy(logits, Ytr).backward()
dead = stuck(h)
dead_gradient = hurt[1].grad[:, [50, 100, 150]].abs().max().item()
print(f"{dead} dead units; the largest gradient of their weights is {dead_gradient}")

plt.figure(figsize=(8, 2))
plt.imshow(h[:32].detach().abs() > 0.97, cmap="gray", interpolation="nearest")
plt.xlabel("neuron")
plt.ylabel("window")

# %% [markdown]
# Now train the healthy one.

# %%
gentle_losses = train(gentle, g)
gentle_train, gentle_dev = loss_on(gentle, Xtr, Ytr), loss_on(gentle, Xdev, Ydev)
print(f"train {gentle_train:.4f}, dev {gentle_dev:.4f}")

# %% [markdown]
# Dev 2.131 has become 2.103. The histogram is spread over the whole of tanh, and the map is nearly
# black.
#
# | | train | dev |
# | --- | --- | --- |
# | everything from N(0, 1) | 2.128 | 2.170 |
# | last layer squashed | 2.070 | 2.131 |
# | and tanh not saturated | 2.036 | 2.103 |
#
# The same network, the same data, the same steps. It has one hidden layer and forgives a lot: it
# learned even from the worst start. A deep stack forgives less: lesson 6.
#
# ## Where does the 0.2 come from?
#
# We found 0.2 by looking. It would be better to know. Take inputs x with mean 0 and standard
# deviation 1, weights w from N(0, 1), and *n* inputs for each neuron: n is the **fan-in**. The
# neuron adds up n products x w. A product has mean 0 and variance 1 x 1 = 1; variances of
# independent things add up; so the sum has the variance n and the standard deviation root of n:

# %%
g = torch.Generator().manual_seed(0)
for n in (10, 30, 100, 1000):
    x, W = torch.randn((2000, n), generator=g), torch.randn((n, 500), generator=g)
    y, scaled = x @ W, x @ (W / n**0.5)
    print(
        f"fan-in {n:4}: x has {x.std():.3f}, x W has {y.std():6.2f} (root {n**0.5:5.2f}), "
        f"with W / root of n {scaled.std():.3f}"
    )

# %% [markdown]
# So dividing W by the root of the fan-in keeps the spread at 1, whatever the width. Here n is 30,
# its root is 5.5, and one divided by 5.5 is 0.18: that is where the 0.2 comes from.
#
# That would be all if layers were only matrices. But tanh comes after each of them, and tanh
# squeezes. How much?

# %%
z = torch.randn(1_000_000, generator=g)
squeezed = z.tanh().std().item()
print(f"tanh of N(0, 1): standard deviation {squeezed:.3f}; to undo it: times {1 / squeezed:.2f}")

# %% [markdown]
# In one layer that does not matter much. In a deep stack each layer squeezes again. So weights get
# a factor that pushes against it, the **gain**: W = gain / root of the fan-in, times N(0, 1). The
# gain that undoes one squeeze of N(0, 1) is 1.59; for tanh PyTorch takes 5/3 = 1.67, a little more.
# Compare three gains in a stack of twenty layers of 500 neurons, each a matrix and a tanh. Look at
# three things: the spread of what comes out of each layer, the share that is saturated, and the
# gradient that comes back. (PyTorch keeps the gradient of what lies between parameters and loss
# only where `retain_grad` asks for it. There is no loss here: `backward` is given a gradient to
# start with.)

# %%
layers, gains = 20, (1.0, 5 / 3, 3.0)
spread = {gain: [] for gain in gains}
flat = {gain: [] for gain in gains}
back = {gain: [] for gain in gains}
for gain in gains:
    g = torch.Generator().manual_seed(0)
    x = torch.randn((200, 500), generator=g)
    outputs = []
    for _ in range(layers):
        W = torch.randn((500, 500), generator=g) * gain / 500**0.5
        x = (x @ W.requires_grad_()).tanh()
        x.retain_grad()
        outputs.append(x)
    x.backward(torch.randn(x.shape, generator=g))  # a gradient of N(0, 1) comes from above
    spread[gain] = [h.std().item() for h in outputs]
    flat[gain] = [saturated_share(h) for h in outputs]
    back[gain] = [h.grad.std().item() for h in outputs]
    print(
        f"gain {gain:.2f}: standard deviation {spread[gain][0]:.2f} after the first layer, "
        f"{spread[gain][-1]:.2f} after the last, {flat[gain][-1]:5.1%} saturated; gradient at the "
        f"first {back[gain][0]:.2g}"
    )

# %%
fig, each = plt.subplots(1, 3, figsize=(9, 3), layout="constrained")
for gain, style in zip(gains, ("-", "--", ":"), strict=True):
    at = range(1, layers + 1)
    each[0].plot(at, spread[gain], style, label=f"gain {gain:.2f}")
    each[1].plot(at, flat[gain], style)
    each[2].semilogy(at, back[gain], style)
each[0].legend()
for axes, what in zip(
    each, ("standard deviation of h", "share saturated", "gradient"), strict=True
):
    axes.set(xlabel="layer", ylabel=what)

# %% [markdown]
# - **Gain 1**: each layer squeezes, and nothing pushes back. The signal fades, from 0.63 to 0.16.
#   So small, tanh is nearly a straight line, and twenty layers are nearly one matrix.
# - **Gain 3**: four numbers of ten are saturated, and what gets through grows on its way back: what
#   came from above with the spread 1 arrives at the first layer with 370.
# - **Gain 5/3**: the spread settles at 0.65 and stays. The gradient grows too, but only to 5.5 in
#   twenty layers.
#
# Where does it settle? If h has the mean square q, then gain times N(0, q) goes into the next tanh,
# and the next mean square is the mean of tanh(gain root(q) z)^2. Do that again and again. A gain of
# 1 has no place to settle but 0, and creeps towards it. Every gain above 1 has one. That of 5/3 is
# a good one: wide enough for the curve of tanh to matter, and away from its ends. No formula says
# that it must be 5/3; it is a number that works.

# %%
z = torch.linspace(-8, 8, 4001)
density = torch.exp(-z * z / 2)
density /= density.sum()
settled = {}
for gain in (1.0, 1.2, 5 / 3, 3.0):
    q = 1.0
    for _ in range(1000):
        q = ((gain * q**0.5 * z).tanh() ** 2 * density).sum().item()
    settled[gain] = q**0.5
    print(f"gain {gain:.2f}: standard deviation {q**0.5:.3f} after 1,000 layers")
settled_spread = settled[5 / 3]

# %% [markdown]
# The idea is that of He, Zhang, Ren and Sun (2015, arXiv 1502.01852), Kaiming He's paper on relu
# networks. Relu makes half of its inputs 0, so half of the mean square is lost in each layer, and
# the gain that puts it back is the root of 2. They also look at the way back: there a gradient is
# multiplied by the same matrix from the other side, so that the *fan-out* counts. They show that
# one of the two is enough: the other is then off by a constant that does not grow with depth.
#
# PyTorch knows the gains, and draws such weights:

# %%
for kind in ("linear", "tanh", "relu"):
    print(kind, round(torch.nn.init.calculate_gain(kind), 4))

ours, theirs = torch.empty(30, 200), torch.empty(200, 30)
for W in (ours, theirs):
    torch.nn.init.kaiming_normal_(W, nonlinearity="tanh", generator=g)
    print(tuple(W.shape), f"standard deviation {W.std():.3f}")
print(f"wanted: {(5 / 3) / 30**0.5:.3f}")

# %% [markdown]
# A trap. PyTorch keeps the weights of a layer as (outputs, inputs), so it takes the *second* number
# for the fan-in. Our W1 is (inputs, outputs), and drawn so it would be too small.
#
# ## Kaiming in our network
#
# Nothing found by looking any more: W1 times 5/3 over the root of 30, which is 0.30.

# %%
kaiming, g = start(w1=(5 / 3) / 30**0.5, b1=0.01, w2=0.01, b2=0)
kaiming_losses = train(kaiming, g)
kaiming_train, kaiming_dev = loss_on(kaiming, Xtr, Ytr), loss_on(kaiming, Xdev, Ydev)
print(f"train {kaiming_train:.4f}, dev {kaiming_dev:.4f}")

# %% [markdown]
# 2.107: close to the 2.103 that was found by looking, with a rule that needs no looking and holds
# for any width. All four, each loss the mean of a fiftieth of all steps:

# %%
starts = {
    "N(0, 1)": (plain_losses, plain_dev),
    "last layer squashed": (squashed_losses, squashed_dev),
    "and W1 * 0.2": (gentle_losses, gentle_dev),
    "Kaiming": (kaiming_losses, kaiming_dev),
}
plt.figure(figsize=(5, 3))
for (name, (losses, dev)), style in zip(starts.items(), ("-", "--", "-.", ":"), strict=True):
    plt.plot(thousands, smoothed(losses), style, linewidth=1, label=f"{name}: dev {dev:.3f}")
plt.ylim(2.0, 2.7)
plt.xlabel("step, thousands")
plt.ylabel("loss, nats per character")
plt.legend()

# %% [markdown]
# ## The same with the package
#
# `mlp` starts as *Kaiming* does above. It does not draw batches of 32: it counts how often each
# distinct window occurs, once, and takes its steps on large pieces of that. Same network, same
# split:

# %%
clock = time.perf_counter()
maker = MakeMore(MLPOptions(), steps=20 if short else 400, split="lecture").fit(names)
package_seconds = time.perf_counter() - clock
package_dev = maker.learned_.report.dev_loss
print(f"the loop     dev {kaiming_dev:.4f}  {loop_seconds:6.1f} s")
print(f"the package  dev {package_dev:.4f}  {package_seconds:6.1f} s")

# %% [markdown]
# ## A doctor for networks
#
# You looked at the first loss and at the saturation of a network because you knew that you should.
# The package looks by itself: `makemore fit --report`, `makemore probe`. Let it examine our first
# network. Its `MLP` has the same five tensors with the same names, so they can be put in; a
# `Recording` watches a short training, and `examine` says in words what is wrong.

# %%
from makemore.contexts.table import Contexts
from makemore.corpus.lines import Lines
from makemore.corpus.vocabulary import Vocabulary
from makemore.models.mlp import MLP
from makemore.plots.layers import saturation_maps
from makemore.probe.examination import NetworkProbe, examine
from makemore.probe.recording import Recording
from makemore.training.loop import Training, TrainOptions

lines = Lines.from_strings(shuffled[:n1])
vocabulary = Vocabulary.of(lines)
c = Contexts.of(lines, vocabulary, 3)  # the distinct windows, with counts of what follows
few = Contexts.of(Lines.from_strings(shuffled[:500]), vocabulary, 3)


def examined(parameters: Parameters) -> NetworkProbe:
    """What the package finds in a network, after a training of twenty steps."""
    tensors = {
        k: p.detach().numpy()
        for k, p in zip(("C", "W1", "b1", "W2", "b2"), parameters, strict=True)
    }
    network, recording = MLP(MLPOptions(), 27, 0).load(tensors), Recording()
    for step in Training(network, TrainOptions(steps=20, rate=0.05)).run(c, None):
        recording(step)
    return examine(network, lambda window: few, recording).networks[0]


sick = examined(start()[0])
for verdict in sick.verdicts:
    print("-", verdict.what)
    print("  why: ", verdict.why)
    print("  cure:", verdict.cure)
said_first_loss = sick.curve.loss[0][1]

# %% [markdown]
# Both faults, with their cures: those of this lesson. (The first loss is that of all letters here.)
# Now the start with W1 * 0.2, and the map of both: a column for each neuron, filled where it is
# saturated; above, the sick network, below, the healthy one.

# %%
healthy = examined(start(w1=0.2, b1=0.01, w2=0.01, b2=0)[0])
verdicts_on_healthy = len(healthy.verdicts)
print(f"{len(sick.verdicts)} verdicts on N(0, 1), {verdicts_on_healthy} on the start with W1 * 0.2")
saturation_maps([*sick.layers.activations, *healthy.layers.activations])

# %% [markdown]
# For a model of your own the command line does it:
#
# ```sh
# makemore fit names.txt -o names.safetensors --model mlp --report inside
# makemore probe names.safetensors names.txt
# ```
#
# ## Must it be so precise?
#
# When that paper was written it had to be: a deep network whose weights were drawn a little too
# small or too large did not learn. Three inventions of the same time have taken the edge off:
#
# - **normalisation** layers bring the spread back to 1 after each matrix, whatever the weights are
#   (lesson 6);
# - **residual connections** give gradients a way round each layer (lesson 7);
# - better **optimizers**, such as Adam, take steps whose size hardly depends on that of the
#   gradients.
#
# So today: W = gain / root of the fan-in, the last layer near zero, and then look at the first loss
# and at one histogram.
#
# ## What to keep
#
# - Know the loss that you expect before the first step: ln of the number of classes. If the first
#   loss is far above it, the last layer is too large.
# - 1 - t^2: a saturated tanh lets nothing back. A unit that is saturated for every example is dead.
# - A matrix multiplies the spread by the root of its fan-in. Divide by it, and multiply by the gain
#   of the activation: 5/3 for tanh, root of 2 for relu.
# - Four factors in front of the weights brought dev from 2.170 to about 2.10.
#
# ## Exercises
#
# 1. Start with *all* parameters at zero. Does it train? Which parameters get a gradient, which
#    never do, and what loss is the best that can come of it? Then draw C and W1 as usual, with W2
#    zero.
# 2. Derive the gain of relu. Check it with twenty layers, and with gains of 1 and 2 beside it.
# 3. Replace tanh by relu in our network, W1 by its gain. Train it two steps with a rate far too
#    high, 1, 3 or 10, and then 300 with 0.1. How many of the 200 neurons are dead in the end? Do
#    the good steps wake them?
# 4. Predict the standard deviation of the first logits from the fan-in and from h, for W2 * 1, 0.3,
#    0.1, 0.03 and 0.01. How small must the factor be for a first loss within 0.02 of 3.2958?
#
# Answers: [answers/05_initialisation.py](answers/05_initialisation.py).
