# %% [markdown]
# # 2. A neural bigram
#
# Lesson 1 counted how often each letter follows each other letter. Here a network learns the same
# table without counting. It starts with random numbers, is told how wrong it is, and changes its
# numbers a little, again and again. You will see it arrive at the loss of the counts, **2.454**, at
# the same table and at the same names. The point is not the result. It is the way, because the way
# still works when there is far too much to count.
#
# Takes about a minute on two cores, most of it in one loop. You need lesson 1.

# %%
import math
import os
import time

import matplotlib.pyplot as plt
import numpy as np
import torch
import torch.nn.functional as F

from makemore import LinearOptions, MakeMore
from makemore.corpus.named.corpora import dataset_named
from makemore.plots.tables import counted_and_learned

# The tests take only a few steps of each long loop.
short = os.environ.get("LESSONS") == "short"

names = dataset_named("us-names").load().to_list()
letters = [".", *sorted(set("".join(names)))]
number = {letter: i for i, letter in enumerate(letters)}

# %% [markdown]
# ## Questions and answers
#
# A network learns from examples: a question `x` and the right answer `y`, called the *label*. Here
# the question is a letter and the answer is the letter that follows. So each pair of lesson 1 is
# one example. Both are written as numbers, with 0 for the dot.


# %%
def examples(names: list[str]) -> tuple[torch.Tensor, torch.Tensor]:
    """Each letter of some names, and the letter that follows it."""
    xs = [number[letter] for name in names for letter in f".{name}"]
    ys = [number[letter] for name in names for letter in f"{name}."]
    return torch.tensor(xs), torch.tensor(ys)


xs, ys = examples(names[:1])
print(names[0], xs, ys)

# %% [markdown]
# Read it from above to below: after 0, the start, comes 5, which is e; after e comes 13, which is
# m; after m comes m, after m comes a, after a comes the end. Use `torch.tensor` with a small t: it
# keeps whole numbers whole. `torch.Tensor` with a large T would make them floats.
#
# ## One-hot
#
# A network multiplies its inputs by weights and adds up. A letter's number is no good for that: z
# is not 26 times as much as a. So give each letter an input of its own. A letter becomes 27
# numbers: a 1 in its own place, and 0 in all others. This is called *one-hot*.

# %%
xenc = F.one_hot(xs, num_classes=27).float()
print(xenc.shape, xenc.dtype)

plt.figure(figsize=(6, 2))
plt.imshow(xenc)
plt.xticks(range(27), letters)
plt.yticks(range(5), [letters[i] for i in xs])
plt.xlabel("input")
plt.ylabel("example")

# %% [markdown]
# Five rows, one for each letter of `.emma`, and one bright cell in each. `float()` is needed: a
# network multiplies by numbers with fractions, and PyTorch does not multiply whole numbers by them.
#
# ## First attempt: one neuron
#
# The smallest network is one linear neuron: a weight for each input, and the sum of inputs times
# weights as its output. (What else a neuron may have, a bias and a bend, comes in lesson 3.) It has
# 27 inputs and 1 output. (The Spanish lecture, from which this step comes, makes names of cities:
# 39 characters and the mark, so 40 inputs and 1 output.)

# %%
g = torch.Generator().manual_seed(2147483647)
w = torch.randn((27, 1), generator=g)
one_output = xenc @ w
print(one_output.shape)
print(one_output.flatten())

# %% [markdown]
# One number for each example. What could it mean? We need to know how probable each of 27 letters
# is, and one number cannot say 27 things. Nor can it be the number of the next letter: after q a u
# is likely (21), but so is the end (0). The neuron could only answer with something in the middle,
# about 17, which is q. One neuron cannot serve.
#
# ## Second attempt: 27 neurons
#
# Take a neuron for each possible answer, all looking at the same 27 inputs. Put their weights side
# by side, one column for each: W has 27 rows and 27 columns. (For the cities 40 by 40.) All the
# outputs for all the examples are then one multiplication of matrices.

# %%
g = torch.Generator().manual_seed(2147483647)
W = torch.randn((27, 27), generator=g, requires_grad=True)
logits = xenc @ W
print(logits.shape)

# What neuron 13 says of example 3: the inputs of the example times the weights of the neuron.
print(logits[3, 13].item(), (xenc[3] * W[:, 13]).sum().item())

# %% [markdown]
# The two numbers are the same. `requires_grad=True` tells PyTorch to remember what is done with W,
# which we need further down. `item()` takes the bare number out of a tensor that holds one.
#
# ## One-hot times W is a row of W
#
# A one-hot vector has a single 1. Multiplied by W, all rows of W are multiplied by 0 but one, which
# is multiplied by 1. So the multiplication plucks out a row, and looking the row up by its index
# gives the same, exactly:

# %%
exact = torch.equal(xenc @ W, W[xs])
print(exact)

# %% [markdown]
# True: not almost the same but the same, bit for bit. Row `i` of W says what follows letter `i`,
# just like row `i` of the table of counts. The neural network *is* a table. Only the way its
# numbers are found will be new.
#
# ## What do the outputs mean?
#
# They cannot be probabilities: some are below 0, some are above 1. They cannot be counts either,
# for the same reason. But they can be *logarithms* of counts, which may be any number. Then
# exponentiate, and they are counts.

# %%
figure, axes = plt.subplots(1, 2, figsize=(7, 3), layout="constrained")
x = np.linspace(-4, 2, 200)
axes[0].plot(x, np.exp(x))
axes[0].set(xlabel="x: any number", ylabel="exp x: above 0")
x = np.linspace(0.001, 5, 500)
axes[1].plot(x, np.log(x))
axes[1].set(xlabel="x: above 0", ylabel="log x: any number")
for each in axes:
    each.grid(visible=True)

# %% [markdown]
# On the left, exp makes any number positive: below 0 it gives something between 0 and 1, above 0
# something larger than 1. On the right, log undoes it. The outputs are called *logits*: logarithms
# of counts that nobody has counted. Exponentiate, then divide each row by its sum, as in lesson 1:

# %%
counts = logits.exp()
probs = counts / counts.sum(1, keepdim=True)
rows = probs.sum(1)
print(rows)

# %% [markdown]
# Each row adds up to one. (`grad_fn` is PyTorch's note of how these numbers came about: it
# remembers.) These two steps together are the **softmax**:
#
# $$p_i = \frac{e^{z_i}}{\sum_j e^{z_j}}$$
#
# It turns any list of numbers $z$ into probabilities. Every network in these lessons ends with it,
# and PyTorch has it ready:

# %%
softmax_gap = (probs - F.softmax(logits, dim=1)).abs().max().item()
print(f"largest difference {softmax_gap:.0e}")

# %% [markdown]
# ## The loss, step by step
#
# What does this network think of `emma`? For each of the five pairs: what goes in, what the answer
# is, how probable the network says it is, the logarithm of that, and the same with its sign turned
# round.

# %%
nlls = torch.zeros(5)
for i in range(5):
    x, y = int(xs[i]), int(ys[i])
    p = probs[i, y]
    nlls[i] = -p.log().item()
    print(
        f"{letters[x]}{letters[y]}  input {x:2}, label {y:2}: probability {p.item():.4f}, "
        f"log-likelihood {p.log().item():8.4f}, NLL {nlls[i].item():.4f}"
    )
emma_loss = nlls.mean().item()
print(f"mean NLL, the loss: {emma_loss:.4f}")

# %% [markdown]
# 3.77 is worse than knowing nothing, which is ln 27 = 3.30: random weights are sure of things that
# are not so. Look at the first pair, the start and e: the network gives it about 1 %.
#
# The same without a loop. `probs[torch.arange(5), ys]` takes from row 0 the column of the first
# label, from row 1 that of the second, and so on.

# %%
vectorised = -probs[torch.arange(5), ys].log().mean()
print(f"{vectorised.item():.4f}")

# %% [markdown]
# Equal.
#
# ## Which way is down?
#
# Everything from W to the loss is multiplication, exp, division and log. All of that can be
# differentiated, so PyTorch can say for each of the 729 weights how the loss changes if the weight
# grows a little. That is the *gradient*. `backward` computes it, by the chain rule, from the loss
# back to the weights; this is called *backpropagation*:

# %%
W.grad = None  # forget what was there before
vectorised.backward()
print(W.grad.shape)
print(W.grad[5, 12:15])  # after e: l, m, n

# %% [markdown]
# After e the label is m, number 13. Its gradient is negative: a larger weight makes the loss
# smaller. Those of l and n are positive: the smaller, the better. So step *against* the gradient.
# The step itself is not a part of the loss and must not be remembered as one: `W.data` is the
# numbers of W without that memory (further down `W.detach()` is, too). And `backward` adds to what
# is in `W.grad` already, which is why it was emptied first.

# %%
W.data -= 0.1 * W.grad
probs = F.softmax(xenc @ W, dim=1)
after_one = -probs[torch.arange(5), ys].log().mean().item()
print(f"before {emma_loss:.4f}, after {after_one:.4f}")

# %% [markdown]
# A little lower. This is *gradient descent*: forward, backward, update, and again. 0.1 is the
# *learning rate*, how far a step goes.
#
# ## All names
#
# Now the whole list: 228,146 examples, all in one multiplication. Each weight has to do with few of
# the examples, so gradients are small, and a rate of 50 is not too much. Here is the loop of the
# lectures:

# %%
xs, ys = examples(names)
num = len(xs)
xenc = F.one_hot(xs, num_classes=27).float()
print(f"{num:,} examples; one-hot they are a matrix of {xenc.numel():,} numbers")


def start(seed: int) -> torch.Tensor:
    """Random weights."""
    g = torch.Generator().manual_seed(seed)
    return torch.randn((27, 27), generator=g, requires_grad=True)


# %%
steps = 10 if short else 200
W = start(2147483647)
descent = []
clock = time.perf_counter()
for k in range(steps):
    logits = xenc @ W  # (228146, 27)
    counts = logits.exp()
    probs = counts / counts.sum(1, keepdim=True)
    loss = -probs[torch.arange(num), ys].log().mean()
    descent.append(loss.item())

    W.grad = None
    loss.backward()

    W.data -= 50 * W.grad
    if k % 50 == 0:
        print(f"step {k + 1}: loss {loss.item():.4f}")
print(f"step {steps}: loss {descent[-1]:.4f}, {time.perf_counter() - clock:.1f} seconds in all")
first, last = descent[0], descent[-1]

# %% [markdown]
# From 3.7590 to **2.46** in 200 steps. Counting had 2.4540.
#
# ## The same, hundreds of times quicker
#
# The list has 228,146 examples but only 27 different questions. All examples with the same letter
# have the same logits, so compute these once, and let the count of each pair say how often it
# matters. In lesson 1 `loss_of` did that already: each cell once, times its count.

# %%
N = torch.zeros((27, 27))
N.index_put_((xs, ys), torch.ones(num), accumulate=True)  # N[x, y] += 1 for every example


def loss_of(W: torch.Tensor) -> torch.Tensor:
    """The loss of the whole list: each pair once, times how often it is there."""
    return -(N * F.log_softmax(W, dim=1)).sum() / num


W = start(2147483647)
clock = time.perf_counter()
counted_once = []
for _ in range(200):
    loss = loss_of(W)
    counted_once.append(loss.item())
    W.grad = None
    loss.backward()
    W.data -= 50 * W.grad
seconds = time.perf_counter() - clock
print(f"after 200 steps {counted_once[-1]:.4f}, in {seconds:.2f} seconds")

by_counting = counted_once[-1]
gap = max(abs(a - b) for a, b in zip(descent, counted_once, strict=False))
print(f"largest difference between the two loops {gap:.0e}")

# %% [markdown]
# The same losses, up to what 32-bit numbers can hold. `F.log_softmax` is softmax and logarithm in
# one; lesson 3 shows why that is safer. No example was left out: adding the same number 6,763 times
# is multiplying it by 6,763.

# %%
plt.figure(figsize=(5, 3))
plt.plot(counted_once)
plt.axhline(2.4540, linestyle=":", label="counted: 2.4540")
plt.xlabel("step")
plt.ylabel("loss, nats per character")
plt.legend()

# %% [markdown]
# Half of the way takes a handful of steps. The last hundredth takes hundreds.
#
# ## A loss that seems more natural
#
# Why all these logarithms? The right answer is itself a one-hot vector: 1 for the letter that
# followed, 0 for the others. So why not compare what the network says with that, number by number,
# and take the mean absolute difference? Try it on five names, example by example, the slow way in
# which one sees everything. Beside it the same with the negative log-likelihood.


# %%
def naive(probs: torch.Tensor, y: int) -> torch.Tensor:
    """The mean absolute difference to the one-hot answer."""
    return (probs - F.one_hot(torch.tensor(y), 27).float()).abs().mean()


def nll(probs: torch.Tensor, y: int) -> torch.Tensor:
    """The negative log-likelihood of the answer."""
    return -probs[y].log()


few_x, few_y = examples(names[:5])
for name, measure, rate in [("naive", naive, 100), ("NLL", nll, 1)]:
    W = start(0)
    for k in range(4):
        loss = torch.zeros(())
        for x, y in zip(F.one_hot(few_x, 27).float(), few_y, strict=True):
            counts = (x @ W).exp()
            loss = loss + measure(counts / counts.sum(), int(y))
        loss = loss / len(few_x)
        W.grad = None
        loss.backward()
        W.data -= rate * W.grad
        print(f"{name:5} step {k}: loss {loss.item():.4f}")

# %% [markdown]
# Both fall. The two losses cannot be compared with each other: the naive one is small because it is
# a mean over 27 numbers, which is also why its rate is 100 and not 1. The naive loss depends on
# only one probability, too. If the answer has the probability p, the other 26 add up to 1 - p, and
# all differences together are (1 - p) + (1 - p). So it is 2 (1 - p) / 27. Draw both against p:

# %%
p = np.linspace(0.001, 1, 1000)
plt.figure(figsize=(5, 3))
plt.plot(p, -np.log(p), label="-log p")
plt.plot(p, 2 * (1 - p) / 27, "--", label="naive: 2 (1 - p) / 27")
plt.xlabel("p: probability of the right answer")
plt.ylabel("loss of one example, nats (naive: none)")
plt.legend()

# %% [markdown]
# Where p is near 1 both are near 0. Where p is near 0 the naive loss is just a little higher, but
# -log p goes up without end. To be sure and wrong costs much. Now see what a single example asks
# for: how much does the loss change when the *logit* of the right answer rises?

# %%
slopes = {}
for p in (0.0001, 0.01, 0.5):
    z = torch.zeros(27)
    z[0] = math.log(26 * p / (1 - p))  # then softmax gives the answer, number 0, exactly p
    for name, measure in [("naive", naive), ("NLL", nll)]:
        z.grad = None
        z.requires_grad = True
        measure(F.softmax(z, dim=0), 0).backward()
        slopes[name, p] = z.grad[0].item()
    print(f"p = {p:6}: naive {slopes['naive', p]:.7f}, NLL {slopes['NLL', p]:.4f}")
vanished = slopes["naive", 0.0001]
kept = slopes["NLL", 0.0001]

# %% [markdown]
# If the logit z of the answer rises, p = e^z / (e^z + rest) rises by dp/dz = p (1 - p). So the
# gradient of NLL is -1/p times that, -(1 - p): the more wrong, the stronger the pull, up to 1. That
# of the naive loss is -(2/27) p (1 - p): it has a factor p. Where the network is most wrong, it
# learns least. And where does the naive loss lead in the end? Train on the whole list with both,
# 1,000 steps each:


# %%
def naive_of(W: torch.Tensor) -> torch.Tensor:
    """The naive loss of the whole list, each pair once, times how often it is there."""
    return (N * 2 * (1 - F.softmax(W, dim=1)) / 27).sum() / num


def trained(measure, rate: float, steps: int) -> torch.Tensor:
    """Weights after so many steps of gradient descent, from the same start."""
    W = start(0)
    for _ in range(steps):
        W.grad = None
        measure(W).backward()
        W.data -= rate * W.grad
    return W.detach()


by_naive, by_nll = trained(naive_of, 100, 1000), trained(loss_of, 50, 1000)
print(f"start          naive {naive_of(start(0)).item():.4f}, NLL {loss_of(start(0)).item():.4f}")
print(f"after naive    naive {naive_of(by_naive).item():.4f}, NLL {loss_of(by_naive).item():.4f}")
print(f"after NLL      naive {naive_of(by_nll).item():.4f}, NLL {loss_of(by_nll).item():.4f}")
naive_model, nll_model = loss_of(by_naive).item(), loss_of(by_nll).item()
naive_by_itself = naive_of(by_naive).item()

for letter in "man":
    likely = F.softmax(by_naive[number[letter]], dim=0)
    best = int(likely.argmax())
    counted = (N[number[letter], best] / N[number[letter]].sum()).item()
    print(f"after {letter}: {letters[best]} {likely[best].item():.3f}, counted {counted:.3f}")

# %% [markdown]
# The naive loss fell, from 0.0711 to 0.0626, and the model became *worse*: its NLL rose from 3.77
# to 5.19. It is not badly trained, it does what it was asked. The sum of (1 - p) is smallest if all
# the probability is on the letter that follows most often, and nothing is left for the others. So
# it wants to say that m is always followed by a. A model of language must say how often each thing
# happens, and the mean of -log p is smallest exactly for the true shares.
#
# ## 10,000 epochs
#
# Another of the lectures trains on the full matrix for 10,000 epochs (one *epoch* is once through
# all examples, so here a step). Its rate starts at 100 and falls to 10. If there is a GPU it works
# there. First some epochs that way, one-hot, then the same with counts:

# %%
device = "cuda" if torch.cuda.is_available() else "cpu"
epochs = 500 if short else 10_000


def rate_at(i: int) -> float:
    """From 100 down to 10 in 10,000 epochs."""
    return 100 - (100 - 10) * i / 10_000


W = start(0).detach().to(device).requires_grad_()
on_device, answers = xenc.to(device), ys.to(device)
all_rows = torch.arange(num, device=device)
with_matrix = []
clock = time.perf_counter()
for i in range(10):
    counts = (on_device @ W).exp()
    probs = counts / counts.sum(1, keepdim=True)
    loss = -probs[all_rows, answers].log().mean()
    with_matrix.append(loss.item())
    W.grad = None
    loss.backward()
    W.data -= rate_at(i) * W.grad
each = (time.perf_counter() - clock) / 10
print(f"{device}: {each:.3f} seconds an epoch, {each * 10_000 / 60:.0f} minutes for 10,000")

# %%
W = start(0)
with_counts = []
clock = time.perf_counter()
for i in range(epochs):
    loss = loss_of(W)
    with_counts.append(loss.item())
    W.grad = None
    loss.backward()
    W.data -= rate_at(i) * W.grad
print(f"{epochs:,} epochs in {time.perf_counter() - clock:.1f} seconds")

matrix_gap = max(abs(a - b) for a, b in zip(with_matrix, with_counts, strict=False))
print(f"largest difference in the first epochs {matrix_gap:.0e}")
learned = loss_of(W).item()
table = N / N.sum(1, keepdim=True)
counted = -(N * table.log())[N > 0].sum().item() / num
print(f"learned {learned:.5f}, counted {counted:.5f}")

# %% [markdown]
# You should see **2.454** for both; to be exact 2.4541 and 2.4540. Why is a ten-thousandth left?
# Counting gives a probability of 0 to a pair that no name has. Softmax never gives 0: the logit
# would have to be minus infinity, and each step makes it only a little lower. With patience the
# rest goes too:

# %%
further = 500 if short else 60_000
for _ in range(further):
    loss = loss_of(W)
    W.grad = None
    loss.backward()
    W.data -= 60 * W.grad
patient = loss_of(W).item()
print(f"learned {patient:.5f}, counted {counted:.5f}")

# %% [markdown]
# **2.4540**, as counted.
#
# Why must the rate fall? 100 is too far for the rows of frequent letters: they step over the lowest
# place and back again, for ever. Start once more, stay at 100, and draw how much each way is still
# above the counts:

# %%
plt.figure(figsize=(5, 3))
other = start(0)
bouncing = []
for _ in range(epochs):
    loss = loss_of(other)
    bouncing.append(loss.item() - counted)
    other.grad = None
    loss.backward()
    other.data -= 100 * other.grad
plt.loglog(np.arange(1, epochs + 1), bouncing, label="rate 100 all the time")
plt.loglog(np.arange(1, epochs + 1), np.array(with_counts) - counted, label="rate 100 to 10")
plt.xlabel("epoch")
plt.ylabel("loss above the counts', nats")
plt.legend()
bounced = bouncing[-1] + counted
print(f"rate 100 all the time: {bounced:.4f}")

# %% [markdown]
# At 100 all the time it bounces for ever and stays near 2.48. The other line drops when about 3,000
# epochs are over: the rate is then 73, and low enough.
#
# ## What it learned
#
# The counted table and the learned one, side by side. The colours show probabilities.

# %%
P = F.softmax(W.detach(), dim=1)
counted_and_learned(N.numpy(), P.numpy(), letters)

# %% [markdown]
# They cannot be told apart. Where is the largest probability of the learned table?

# %%
place = int(P.argmax())
row, column = place // 27, place % 27
largest = P[row, column].item()
times, of = int(N[row, column]), int(N[row].sum())
share = times / of
print(f"learned: {letters[row]} to {letters[column]}, {largest:.1%}")
print(f"counted: {times} of {of}, {share:.1%}")

# %% [markdown]
# From q to u: 206 of 272, **75.7 %**.
#
# And the weights are the logarithms of the counts, up to one number for each row, which softmax
# divides away again. Take the row of a, and its ten commonest followers:

# %%
commonest = N[1].argsort(descending=True)[:10]
difference = W.detach()[1, commonest] - N[1, commonest].log()
spread = (difference.max() - difference.min()).item()
print(" ".join(f"{letters[i]} {d:.3f}" for i, d in zip(commonest, difference, strict=True)))
print(f"spread {spread:.4f}")

# %% [markdown]
# The same difference for all ten.
#
# ## Smoothing, for networks
#
# Lesson 1 added something to each count, so that nothing is impossible. The network has a cure of
# the same kind. What does it say if all weights are 0? All logits are 0, exp 0 is 1, and every
# letter is as probable: the uniform table. So pull the weights towards 0. Add to the loss a
# *penalty* which grows with their squares: `0.01 * (W**2).mean()`. Its usual name is *L2
# regularisation*.

# %%
uniform = loss_of(torch.zeros((27, 27))).item()
print(f"W at zero: {uniform:.4f}, and ln 27 is {math.log(27):.4f}")


# %%
def penalised(strength: float) -> torch.Tensor:
    """Weights after 1,000 steps with a penalty on them."""
    W = torch.zeros((27, 27), requires_grad=True)
    for _ in range(1000):
        loss = loss_of(W) + strength * (W**2).mean()
        W.grad = None
        loss.backward()
        W.data -= 20 * W.grad
    return W.detach()


flattened, q_to_u = {}, {}
for strength in (0, 0.01, 0.1, 1, 10):
    W_p = penalised(strength)
    flattened[strength] = loss_of(W_p).item()
    q_to_u[strength] = F.softmax(W_p[number["q"]], dim=0)[number["u"]].item()
    print(f"penalty {strength:5}: loss {flattened[strength]:.4f}, q to u {q_to_u[strength]:6.1%}")

plain_loss, pulled_loss = flattened[0], flattened[0.01]
plain_q, pulled_q = q_to_u[0], q_to_u[0.01]

plt.figure(figsize=(5, 3))
plt.semilogx(list(flattened)[1:], list(flattened.values())[1:], "o-")
plt.axhline(uniform, linestyle=":", label="uniform")
plt.axhline(counted, linestyle="--", label="counted")
plt.xlabel("strength of the penalty")
plt.ylabel("loss without the penalty, nats per character")
plt.legend()

# %% [markdown]
# 0.01 costs little, 2.4616 in place of 2.4576, and the rare letters pay most of it: q, with only
# 272 examples, is pulled from 74 % to 66 %. The stronger the penalty, the flatter the table, just
# as when more is added to each count. A spring pulls each weight to 0, the examples pull it away
# from there, and where there are few examples the spring wins.
#
# ## Drawing names
#
# As before: look up the row, make it probabilities, draw a letter, and go on with that one. Here
# the network is asked in full, one-hot and all. Beside it the counted table, with a generator that
# starts alike.


# %%
def from_network(i: int) -> torch.Tensor:
    """What the network says follows a letter."""
    x = F.one_hot(torch.tensor([i]), num_classes=27).float()
    counts = (x @ W.detach()).exp()
    return (counts / counts.sum(1, keepdim=True))[0]


def from_table(i: int) -> torch.Tensor:
    """What the counts say follows a letter."""
    return table[i]


def draw(follows, g: torch.Generator) -> str:
    """Draws one name with torch.multinomial."""
    i, made = 0, ""
    while True:
        i = int(torch.multinomial(follows(i), num_samples=1, replacement=True, generator=g))
        if i == 0:
            return made
        made += letters[i]


made = {}
for follows in (from_table, from_network):
    g = torch.Generator().manual_seed(2147483647)
    made[follows] = [draw(follows, g) for _ in range(8)]
    print(made[follows])
same_names = made[from_table] == made[from_network]

# %% [markdown]
# The same eight names. One of the lectures draws with NumPy instead, which gives the letter itself:
# `choice(letters, p=...)`. Its probabilities must add up to 1 to more digits than 32 bits have, so
# they are divided once more, as 64-bit numbers.


# %%
def chosen(follows, rng: np.random.Generator) -> str:
    """Draws one name with NumPy's choice."""
    letter, made = ".", ""
    while True:
        p = follows(number[letter]).double().numpy()
        letter = str(rng.choice(letters, p=p / p.sum()))
        if letter == ".":
            return made
        made += letter


for follows in (from_table, from_network):
    rng = np.random.default_rng(42)
    made[follows] = [chosen(follows, rng) for _ in range(8)]
    print(made[follows])
same_by_numpy = made[from_table] == made[from_network]

# %% [markdown]
# Again the same with both, but others than before: each generator has its own numbers.
#
# ## The same with the package
#
# `linear` is this network. It starts at zero, asks each question once, and takes steps that suit
# each weight instead of one rate for all (they are called AdamW). It learns from nine in ten names
# and keeps the others aside; the next lesson says why.

# %%
clock = time.perf_counter()
maker = MakeMore(LinearOptions(window=1), steps=300).fit(names)
package = -maker.score(names)
print(f"{package:.4f} after 300 steps, in {time.perf_counter() - clock:.1f} seconds")
print(maker.sample(8, seed=1))

# %% [markdown]
# ## What to keep
#
# - One-hot times W is a row of W. A linear layer without a bias, fed with one-hot letters, is a
#   table.
# - Logits are logarithms of counts. Softmax, exponentiate and normalise, makes them probabilities.
# - The mean of -log p is smallest for the true shares, and its pull is strongest where the model is
#   most wrong. The naive loss has neither.
# - Forward, backward, update. A rate too high steps over the goal for ever; let it fall.
# - What is equal needs to be computed once. The count says how much it matters.
# - Weights at zero know nothing. A penalty that pulls them there smooths.
#
# All of this took longer than counting, for the same table. But only one line knows that there is a
# table: the one that makes logits from a letter. Put anything there that can be differentiated, and
# all the rest stays as it is. In the next lesson three letters go in.
#
# ## Exercises
#
# 1. A neural trigram: two letters go in, one comes out. Write both one-hot vectors one after the
#    other into a single vector, 54 inputs, and use 27 neurons. (For the cities: 80 inputs and 40
#    neurons.) Is it better than the bigram? Is it as good as counted trigrams? Why not?
# 2. One-hot vectors only pluck rows. Train on the list without any: index W instead. Is the loss
#    the same?
# 3. `F.cross_entropy(logits, ys)` is softmax, logarithm, the choice of the answers and the mean, in
#    one. Check it.
# 4. Add 100 to all weights of one row of the trained W. What happens to the loss, and why?
# 5. Split the list as in lesson 1. Choose the strength of the penalty for the neural trigram by the
#    dev part, and report the best once on test.
#
# Answers: [answers/02_neural_bigram.py](answers/02_neural_bigram.py).
