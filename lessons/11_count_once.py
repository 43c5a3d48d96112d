# %% [markdown]
# # 11. Count once
#
# The lectures train their MLP for 200,000 steps: a minute. In this package the same network comes
# to the same loss in less than a second. Nothing is left out for it. You will see why: the list
# says the same things again and again, and a model need be asked each thing once. You will build
# the table of distinct contexts in three ways, show that loss *and gradient* are the same, see
# where this needs thought, and race against the loop.
#
# In full it takes about a minute and a half on two cores, nearly all of it the lectures' loop. You
# need the MLP of lesson 3; for the parts on batch normalisation, recurrent networks and trees,
# lessons 6 and 9.

# %%
import os
import random
import time
from collections import Counter

import matplotlib.pyplot as plt
import numpy as np
import torch
import torch.nn.functional as F

from makemore import Lines, MakeMore, MLPOptions
from makemore.arrays import unique_inverse
from makemore.contexts.table import Contexts
from makemore.corpus.named.corpora import dataset_named
from makemore.corpus.vocabulary import Vocabulary

short = os.environ.get("LESSONS") == "short"  # tests take a few steps of each long loop

# %%
names = dataset_named("us-names").load().to_list()
letters = [".", *sorted(set("".join(names)))]
number = {letter: i for i, letter in enumerate(letters)}

shuffled = names.copy()
random.seed(42)
random.shuffle(shuffled)
n1, n2 = int(0.8 * len(names)), int(0.9 * len(names))
train, dev = shuffled[:n1], shuffled[n1:n2]


def spelled(ids):
    """Ids as letters."""
    return "".join(letters[i] for i in ids)


# %% [markdown]
# ## Three names
#
# Cut three names into examples, as lesson 3 does: what was read so far, and what comes next. To
# keep it short, take everything that was read, not only three letters.

# %%
few = ["anna", "ann", "ben"]
examples = [(f".{name}"[: i + 1], x) for name in few for i, x in enumerate(f"{name}.")]
for context, x in examples:
    print(f"{context:6} -> {x}")

# %% [markdown]
# 13 examples. But `.an` stands there twice and gets the same answer twice: a model's answer depends
# on what it has read, on nothing else. Put equal ones together and count what followed:

# %%
table: dict[str, Counter] = {}
for context, x in examples:
    table.setdefault(context, Counter())[x] += 1
for context, followed in table.items():
    print(f"{context:6} {dict(followed)}")
few_contexts = len(table)
print(f"{len(examples)} examples, {few_contexts} different contexts")

# %% [markdown]
# ## The one line of mathematics
#
# The log-likelihood of a list is a sum over all its characters. Put equal terms together:
#
# $$\sum_i \log p(x_i \mid c_i) \;=\; \sum_{c, \, x} \mathrm{count}(c, x) \, \log p(x \mid c)$$
#
# On the left one term for each character, on the right one for each *distinct* context c with each
# x that followed it. Nothing is approximated: 3 + 3 = 2 times 3. And what holds for a sum holds for
# its derivative, so the gradient of any parameter is the same too. Lesson 1 used this without
# saying so: it took each of the 27 x 27 cells once, times its count.
#
# ## The table for windows of three
#
# Now the lectures' case: windows of three characters, the training part. First the plain way, one
# row for each character:


# %%
def plain(lines, window):
    """For each character of each line the ids of the window before it, and its own id."""
    X, Y = [], []
    for line in lines:
        ids = [0] * window + [number[letter] for letter in line] + [0]
        for i in range(window, len(ids)):
            X.append(ids[i - window : i])
            Y.append(ids[i])
    return np.array(X), np.array(Y)


X, Y = plain(train, 3)
characters = len(Y)
print(f"{characters:,} characters")

# %% [markdown]
# **First way: a dictionary.** Walk through the rows and count.

# %%
clock = time.perf_counter()
often = Counter(zip(map(tuple, X.tolist()), Y.tolist(), strict=True))
windows = sorted({window for window, _ in often})
seconds = time.perf_counter() - clock
print(f"{len(windows):,} different windows, {len(often):,} with what followed, in {seconds:.2f} s")

# %% [markdown]
# **Second way: sort numbers.** Walking is slow in Python. A window of three ids is a number with
# three digits in base 27, and so the whole table is a question about whole numbers: which are
# there, and where does each stand among them? Sort them, mark each that differs from the one
# before, and add up the marks:


# %%
def ranked(keys):
    """The distinct keys in order, and the place of each key among them."""
    order = np.argsort(keys)
    ordered = keys[order]
    is_first = np.ones(len(keys), bool)
    is_first[1:] = ordered[1:] != ordered[:-1]
    place = np.empty(len(keys), int)
    place[order] = np.cumsum(is_first) - 1
    return ordered[is_first], place


distinct, place = ranked(np.array([7, 3, 7, 9]))
print(distinct, place)

# %% [markdown]
# 3, 7 and 9 are there; the four keys are number 1, 0, 1 and 2 of them. Now rank the windows, and
# then the pairs (window, what followed). A distinct pair is an *edge*: it leaves a window.

# %%
clock = time.perf_counter()
digits, window_of = ranked(X @ [27 * 27, 27, 1])
pairs, edge_of = ranked(window_of * 27 + Y)
row, follows = pairs // 27, pairs % 27  # of each edge: its window, and what followed
count = np.bincount(edge_of)
seconds = time.perf_counter() - clock
print(f"{len(digits):,} windows, {len(pairs):,} edges, in {seconds:.3f} s")

back = np.stack([digits // 729, digits // 27 % 27, digits % 27], axis=1)
busiest = np.argsort(-count)[:5]
print({f"{spelled(back[row[e]])} -> {letters[follows[e]]}": int(count[e]) for e in busiest})
assert [tuple(window) for window in back.tolist()] == windows
assert (np.concatenate(ranked(X[:, 0])) == np.concatenate(unique_inverse(X[:, 0], 27))).all()

# %% [markdown]
# The same 5,438 windows. The package's `rank` is this function, with a faster way for small keys.
#
# **Third way: the package.** `Contexts.of` does that for whole lines, and keeps each line's path
# along the edges, so that single lines are not lost:

# %%
vocabulary = Vocabulary.of(Lines.from_strings(names))
lines = Lines.from_strings(train)
clock = time.perf_counter()
c = Contexts.of(lines, vocabulary, window=3)
print(f"{len(c):,} windows in {time.perf_counter() - clock:.3f} s, lines walked and all")
assert (c.back == back).all()
assert (c.row == row).all()
assert (c.next == follows).all()
assert (c.count == count).all()

first_line = c.edge[c.start[0] : c.start[1]]
print(
    train[0], "walks", [f"{spelled(c.back[c.row[e]])} -> {letters[c.next[e]]}" for e in first_line]
)

# %% [markdown]
# ## How many fewer
#
# 182,625 characters are 5,438 windows of three. What of longer windows, and of whole prefixes,
# which recurrent networks and Transformers read?

# %%
contexts = {window: Contexts.of(lines, vocabulary, window) for window in (3, 4, 5, 8, None)}
fewer = {window: characters / len(each) for window, each in contexts.items()}
for window, each in contexts.items():
    name = f"windows of {window}" if window else "whole prefixes"
    print(f"{name:14}: {len(each):6,} different ones, {fewer[window]:4.1f} times fewer")
windows_3, prefixes = len(contexts[3]), len(contexts[None])
fewer_3, fewer_4, fewer_5, fewer_8, fewer_prefixes = fewer.values()
slots = len(train) * (1 + max(map(len, names)))
print(f"lines filled up to the longest, as is usual: {slots:,} places")

# %%
plt.figure(figsize=(5, 3))
plt.bar(["3", "4", "5", "8", "prefix"], list(fewer.values()))
plt.xlabel("window, characters")
plt.ylabel("characters per context")

# %% [markdown]
# 33.6, 9.0, 5.0, 3.6 and 3.6 times fewer. Long windows are rarer, but the gain does not go to one:
# names begin alike. A recurrent network on filled-up lines takes a step at 410,016 places, where
# 50,705 different prefixes are asked for: eight times fewer.
#
# ## The same loss, the same gradient
#
# The MLP of lesson 3, 11,897 parameters. Ask it about all characters, and then about the windows
# with their counts:

# %%
g = torch.Generator().manual_seed(2147483647)


def mlp_weights():
    """Fresh weights: embedding 10, hidden 200, window 3; no neuron saturated, logits near zero."""
    C = torch.randn((27, 10), generator=g)
    W1 = torch.randn((30, 200), generator=g) * (5 / 3) / 30**0.5
    b1 = torch.randn(200, generator=g) * 0.01
    W2 = torch.randn((200, 27), generator=g) * 0.01
    b2 = torch.zeros(27)
    return [p.requires_grad_() for p in (C, W1, b1, W2, b2)]


def mlp(parameters, rows):
    """(n, 27) logits after (n, 3) windows."""
    C, W1, b1, W2, b2 = parameters
    return torch.tanh(C[rows].flatten(1) @ W1 + b1) @ W2 + b2


X, Y = torch.from_numpy(X), torch.from_numpy(Y)
back = torch.from_numpy(c.back.astype(np.int64))
row, follows = (torch.from_numpy(x.astype(np.int64)) for x in (c.row, c.next))
count = torch.from_numpy(c.count).float()


def by_characters(parameters):
    """The loss, one row for each character."""
    return F.cross_entropy(mlp(parameters, X), Y)


def by_contexts(parameters):
    """The loss, one row for each distinct window."""
    log_p = mlp(parameters, back).log_softmax(1)
    return -(count * log_p[row, follows]).sum() / count.sum()


def gradients(loss, parameters):
    """The gradient of each parameter."""
    return torch.autograd.grad(loss, parameters)


# %%
parameters = mlp_weights()
all_loss, once_loss = by_characters(parameters), by_contexts(parameters)
loss_apart = abs(all_loss.item() - once_loss.item())
always, once = gradients(all_loss, parameters), gradients(once_loss, parameters)
gradient_apart = max((a - b).abs().max().item() for a, b in zip(always, once, strict=True))
largest = max(a.abs().max().item() for a in always)
print(f"loss {all_loss.item():.6f} and {once_loss.item():.6f}")
print(f"gradients at most {gradient_apart:.0e} apart, where the largest is {largest:.2f}")
assert loss_apart < 1e-5
assert gradient_apart < 1e-5

# %% [markdown]
# What is left is rounding: the same sums, added up in another order. And the time of one full
# gradient?


# %%
def seconds_of(work, times):
    """The median time of something."""
    taken = []
    for _ in range(times):
        clock = time.perf_counter()
        work()
        taken.append(time.perf_counter() - clock)
    return sorted(taken)[times // 2]


slow = seconds_of(lambda: gradients(by_characters(parameters), parameters), 3)
fast = seconds_of(lambda: gradients(by_contexts(parameters), parameters), 9)
print(f"{slow * 1000:.0f} ms against {fast * 1000:.1f} ms: {slow / fast:.0f} times faster")

# %% [markdown]
# You should see some dozens. The record `count-once` in `benchmarks/records` has 64, on two cores:
# more than the 33.6 of the counts, since so few numbers stay in the processor's cache.
#
# The package goes one step further. The gradient of the loss with respect to the logits is known in
# closed form: for each context its number of occurrences times softmax, less what was counted. (For
# one character: probabilities, less one for the right one. Add that up over a context's
# occurrences.) So nothing need be traced through the loss, and the counts are never laid out as a
# full table:

# %%
logits = mlp(parameters, back).detach().requires_grad_()
loss = -(count * logits.log_softmax(1)[row, follows]).sum()
(traced,) = torch.autograd.grad(loss, logits)
weight = torch.zeros(len(back)).index_add(0, row, count)  # occurrences of each window
written = weight[:, None] * logits.detach().softmax(1)
written[row, follows] -= count
written_apart = ((written - traced).abs().max() / traced.abs().max()).item()
print(f"furthest apart: {written_apart:.0e} of the largest")
assert written_apart < 1e-5

# %% [markdown]
# ## What needs thought: batch normalisation
#
# Whatever is done to each row by itself is safe. Batch normalisation is not: it takes the mean and
# the variance of a neuron over the *batch*. Over 5,438 different windows that is another number
# than over 182,625 characters, as `...` now counts once instead of 25,626 times. The cure is plain:
# a weighted mean, each window as heavy as it is frequent.

# %%
with torch.no_grad():
    C, W1, b1, _, _ = parameters
    over_characters = C[X].flatten(1) @ W1 + b1
    over_windows = C[back].flatten(1) @ W1 + b1
    share = weight / weight.sum()
    mean, variance = over_characters.mean(0), over_characters.var(0, unbiased=False)
    weighted = share @ over_windows
    spread = share @ (over_windows - weighted) ** 2
    plain_apart = (over_windows.mean(0) - mean).abs().max().item()
    mean_apart = (weighted - mean).abs().max().item()
    variance_apart = (spread - variance).abs().max().item()
print(f"means over windows, not weighted: off by up to {plain_apart:.2f}")
print(f"weighted: means off by {mean_apart:.0e}, variances by {variance_apart:.0e}")
assert mean_apart < 1e-4
assert variance_apart < 1e-4

# %% [markdown]
# `makemore.layers.batch_norm` does exactly that, running averages included.
#
# ## What needs thought: dropout
#
# Dropout sets random neurons to zero, drawn anew for each *row*. One row for each character means
# that `...` gets 25,626 masks; one row for each window, that it gets one mask, which then counts
# 25,626 times. In the mean that is the same. But it is noisier, and no longer the same gradient in
# each step. Here the loss of 1,000 names with half of the neurons dropped, drawn 20 times each way:


# %%
def dropped_loss(rows, targets, weights):
    """The loss of one draw of masks, one for each row."""
    C, W1, b1, W2, b2 = parameters
    h = torch.tanh(C[rows].flatten(1) @ W1 + b1)
    h = h * (torch.rand(h.shape, generator=g) < 0.5) * 2
    log_p = (h @ W2 + b2).log_softmax(1)
    return -(weights * log_p[targets]).sum().item() / weights.sum().item()


some = c.lines(np.arange(1000))
some_back = torch.from_numpy(some.back.astype(np.int64))
some_row, some_next, some_edge = (
    torch.from_numpy(x.astype(np.int64)) for x in (some.row, some.next, some.edge)
)
some_count, one_each = torch.from_numpy(some.count).float(), torch.ones(len(some_edge))
every = torch.arange(len(some_edge))
with torch.no_grad():
    ways = {
        "a mask for each character": [
            dropped_loss(some_back[some_row[some_edge]], (every, some_next[some_edge]), one_each)
            for _ in range(20)
        ],
        "a mask for each context": [
            dropped_loss(some_back, (some_row, some_next), some_count) for _ in range(20)
        ],
    }
for name, losses in ways.items():
    print(f"{name:26} mean {np.mean(losses):.4f}, standard deviation {np.std(losses):.4f}")
noise_once = float(np.std(ways["a mask for each context"]))
noise_always = float(np.std(ways["a mask for each character"]))

# %% [markdown]
# Nearly equal means, and more than twice the spread. The package's networks use little dropout, and
# strong weight decay instead.
#
# ## Mini-batches
#
# A mini-batch is some of the lines. Their edges are known, so a smaller table is made by ranking
# again, without reading a letter: `c.lines(which)`. Is it the loss of these names?

# %%
which = np.array([3, 1, 4, 1, 5])  # line 1 twice, if you like
part = c.lines(which)
part_X, part_Y = map(torch.from_numpy, plain([train[i] for i in which], 3))
with torch.no_grad():
    log_p = mlp(parameters, torch.from_numpy(part.back.astype(np.int64))).log_softmax(1)
    part_once = -float(part.count @ log_p.numpy()[part.row, part.next]) / part.total
    part_all = F.cross_entropy(mlp(parameters, part_X), part_Y).item()
print(f"{len(part_Y)} characters, {len(part)} windows: {part_all:.6f} and {part_once:.6f}")
assert abs(part_once - part_all) < 1e-5

# %% [markdown]
# The smaller the batch, the less it repeats:

# %%
rng = np.random.default_rng(0)
sizes = (16, 64, 256, 1024, 4096, len(train))
plt.figure(figsize=(5, 3))
for window in (3, 4, 8):
    table = contexts[window]
    batches = [table.lines(rng.permutation(len(train))[:size]) for size in sizes]
    shared = [len(batch.edge) / len(batch) for batch in batches]
    plt.loglog(sizes, shared, "o-", label=f"windows of {window}")
    print(
        f"windows of {window}:",
        "  ".join(f"{n:,}: {f:.1f}" for n, f in zip(sizes, shared, strict=True)),
    )
plt.xlabel("names in a batch")
plt.ylabel("characters per context")
plt.legend()

# %% [markdown]
# ## Noise, and why not always the whole list
#
# If the whole list costs so little, why batches at all? Let us see what a small batch does to the
# gradient. First train a little, on the whole list, with Adam, so that we stand where training
# happens: 150 steps.

# %%
steps = 20 if short else 150
optimizer = torch.optim.Adam(parameters, lr=0.02)
curve = []
for _ in range(steps):
    loss = by_contexts(parameters)
    optimizer.zero_grad()
    loss.backward()
    optimizer.step()
    curve.append(loss.item())
print(f"loss {curve[0]:.4f} before, {curve[-1]:.4f} after {steps} steps")
whole_list = curve[-1]

# %% [markdown]
# Now draw batches of n characters, as the lectures do, and compare their gradient with the true
# one, that of the whole list. How long is the *error*, measured in lengths of the true gradient?


# %%
def flat(gradient):
    """All parameters' gradients as one long vector."""
    return torch.cat([part.flatten() for part in gradient])


true = flat(gradients(by_contexts(parameters), parameters))
errors, alike = {}, {}
for n in (32, 128, 512, 2048, 8192):
    drawn = []
    for _ in range(10):
        ix = torch.randint(0, len(X), (n,), generator=g)
        loss = F.cross_entropy(mlp(parameters, X[ix]), Y[ix])
        drawn.append(flat(gradients(loss, parameters)))
    errors[n] = float(np.mean([((d - true).norm() / true.norm()).item() for d in drawn]))
    alike[n] = float(np.mean([F.cosine_similarity(d, true, dim=0).item() for d in drawn]))
    print(f"{n:5,} characters: error {errors[n]:5.2f} lengths, cosine {alike[n]:.2f}")

error_32, error_8192 = errors[32], errors[8192]
plt.figure(figsize=(5, 3))
plt.loglog(list(errors), list(errors.values()), "o-")
plt.axhline(1, linestyle=":", color="grey")
plt.xlabel("characters in a batch")
plt.ylabel("error / true gradient")

# %% [markdown]
# With 32 characters the error is fifty times as long as what it wants to estimate: nearly all of
# such a step is chance. It works, since chances cancel over many steps, but only with small steps
# and many of them. Four times the characters halve the error, so the line in the picture falls by
# one half for each factor of four: with n it goes as one over the root of n. This is why so few
# steps on large batches do what 200,000 on small ones do.
#
# Should every step see the whole list, then? No: beyond some size the noise is small enough, and
# time is better spent on more steps. Where the whole list shares much, as for windows of three, its
# price is small; where it shares little, it is high. `docs/log.md` has what twelve seconds give:
# `mlp` reaches 2.0824 with batches of 8,192 characters and 2.0897 with the whole list, a GRU 1.9689
# and 2.2860. Most families of the package take steps of about 4,096 characters.
#
# ## Trees for recurrent networks
#
# For whole prefixes the table is a tree (lesson 9): each context has a `parent`, one character
# shorter. Rows are sorted by depth. Here is that of the three names; the root, which has read the
# dot, is its own parent:

# %%
tree = Contexts.of(Lines.from_strings(few), Vocabulary.of(Lines.from_strings(few)), window=None)
print("context ", list(range(len(tree))))
print("read    ", [".aben"[i] for i in tree.last])
print("parent  ", tree.parent.tolist())
print("depths start at rows", tree.depth_starts.tolist())

# %% [markdown]
# The state of a recurrent network after a prefix follows from its parent's state. So one step for
# each depth, all prefixes of that depth at once: `h = cell(x, h[parent])`. By hand, for an RNN of
# 32 neurons, beside the usual way, names filled up to 16 places:

# %%
tree = contexts[None]
E, H = 32, 32
RNN = [
    torch.randn((27, E), generator=g),
    torch.randn((E, H), generator=g) / E**0.5,
    torch.randn((H, H), generator=g) / H**0.5,
    torch.randn((H, 27), generator=g) / H**0.5,
]
for p in RNN:
    p.requires_grad_()

parent, last, tree_row, tree_next = (
    torch.from_numpy(x.astype(np.int64)) for x in (tree.parent, tree.last, tree.row, tree.next)
)
tree_count = torch.from_numpy(tree.count).float()
starts = tree.depth_starts.tolist()


def down_the_tree():
    """The loss, one state for each distinct prefix."""
    C, W, U, V = RNN
    x = (C @ W)[last]
    h = [torch.tanh(x[: starts[1]])]
    for above, low, high in zip(starts[:-2], starts[1:-1], starts[2:], strict=True):
        h.append(torch.tanh(x[low:high] + h[-1][parent[low:high] - above] @ U))
    log_p = (torch.cat(h) @ V).log_softmax(1)
    return -(tree_count * log_p[tree_row, tree_next]).sum() / tree_count.sum()


length = max(map(len, names)) + 1
read, wanted = torch.zeros((len(train), length), dtype=int), torch.full((len(train), length), -1)
for i, name in enumerate(train):
    ids = torch.tensor([number[letter] for letter in name])
    read[i, 1 : len(name) + 1] = ids
    wanted[i, : len(name) + 1] = torch.cat([ids, torch.tensor([0])])


def over_padded_lines():
    """The loss, one state for each place of each line, used or not."""
    C, W, U, V = RNN
    x = (C @ W)[read]
    h, states = torch.zeros(len(read), H), []
    for t in range(length):
        h = torch.tanh(x[:, t] + h @ U)
        states.append(h)
    logits = torch.stack(states, 1) @ V
    return F.cross_entropy(logits.flatten(0, 1), wanted.flatten(), ignore_index=-1)


# %%
clock = time.perf_counter()
padded_loss = over_padded_lines()
padded_gradient = gradients(padded_loss, RNN)
padded_seconds = time.perf_counter() - clock
clock = time.perf_counter()
tree_loss = down_the_tree()
tree_gradient = gradients(tree_loss, RNN)
tree_seconds = time.perf_counter() - clock

tree_apart = max(
    (a - b).abs().max().item() for a, b in zip(padded_gradient, tree_gradient, strict=True)
)
print(f"loss {padded_loss.item():.6f} and {tree_loss.item():.6f}")
print(f"gradients at most {tree_apart:.0e} apart")
print(f"{padded_seconds:.2f} s and {tree_seconds:.2f} s: {padded_seconds / tree_seconds:.1f} times")
assert abs(padded_loss.item() - tree_loss.item()) < 1e-5
assert tree_apart < 1e-5

# %% [markdown]
# The same loss, the same gradient, several times faster. A Transformer looks at all prefixes of a
# line at once, so it has no state to hand down; but its projections and its perceptron, which are
# most of its work, are taken once for each prefix as well (lesson 10). A WaveNet fuses each
# distinct pair and each distinct four once.
#
# ## Sampling
#
# Lines that are being drawn share contexts too. Ten thousand names begin with the same empty
# context: one question instead of ten thousand. Each line still draws with a random number *of its
# own*, so they part. By hand, with the network that we just trained:

# %%
with torch.no_grad():
    state = np.zeros((10_000, 3), np.int64)
    unfinished, drawn = np.arange(10_000), [""] * 10_000
    asked, needed = [], []
    rng = np.random.default_rng(1)
    while len(unfinished):
        keys, place = ranked(state[unfinished] @ [729, 27, 1])
        rows = torch.from_numpy(np.stack([keys // 729, keys // 27 % 27, keys % 27], 1))
        up_to = mlp(parameters, rows).softmax(1).numpy().cumsum(1)  # once for each context
        u = rng.random(len(unfinished))  # once for each line
        ids = (u[:, None] > up_to[place]).sum(1).clip(max=26)
        asked.append(len(keys))
        needed.append(len(unfinished))
        state[unfinished] = np.column_stack([state[unfinished, 1:], ids])
        for line, i in zip(unfinished, ids, strict=True):
            drawn[line] += letters[i]
        unfinished = unfinished[ids > 0]
print([name[:-1] for name in drawn[:10]])
characters_drawn, contexts_asked = sum(needed), sum(asked)
print(f"{characters_drawn:,} characters drawn, {contexts_asked:,} contexts asked about")

plt.figure(figsize=(5, 3))
plt.plot(needed, label="lines not yet ended")
plt.plot(asked, label="different contexts among them")
plt.xlabel("characters drawn")
plt.ylabel("how many")
plt.legend()

# %% [markdown]
# 71,515 characters were drawn and 13,958 contexts asked about: five times fewer. The first letter
# of all names is one question, the second 26 at most. Then lines part, and in the end each of the
# few that are left is alone.
#
# ## The race
#
# Everything together. First the loop of the lectures, as in lesson 3: weights drawn from a unit
# normal, 200,000 steps of 32 characters, rate 0.1 and then 0.01.

# %%
loop_steps = 1_000 if short else 200_000
g = torch.Generator().manual_seed(2147483647)
shapes = ((27, 10), (30, 200), (200,), (200, 27), (27,))
lecture = [torch.randn(shape, generator=g).requires_grad_() for shape in shapes]
clock = time.perf_counter()
for i in range(loop_steps):
    ix = torch.randint(0, len(X), (32,), generator=g)
    loss = F.cross_entropy(mlp(lecture, X[ix]), Y[ix])
    for p in lecture:
        p.grad = None
    loss.backward()
    rate = 0.1 if i < loop_steps // 2 else 0.01
    for p in lecture:
        p.data -= rate * p.grad
loop_seconds = time.perf_counter() - clock

dev_X, dev_Y = map(torch.from_numpy, plain(dev, 3))
with torch.no_grad():
    loop_dev = F.cross_entropy(mlp(lecture, dev_X), dev_Y).item()
print(f"{loop_seconds:.1f} s, dev loss {loop_dev:.4f}")

# %% [markdown]
# Now the package: the same network from a better start, steps on 16,384 characters counted once,
# AdamW, a rate that rises and falls. Its time has everything in it, the tables too.

# %%
package_steps = (10, 20) if short else (120, 600)
package_dev, package_seconds = [], []
for n in package_steps:
    clock = time.perf_counter()
    maker = MakeMore(MLPOptions(), steps=n, split="lecture").fit(names)
    package_seconds.append(time.perf_counter() - clock)
    package_dev.append(maker.learned_.report.dev_loss)
    print(f"{n} steps: {package_seconds[-1]:.1f} s, dev loss {package_dev[-1]:.4f}")
print(f"the loop: {loop_seconds:.1f} s, dev loss {loop_dev:.4f}")
sooner_dev, later_dev = package_dev

# %% [markdown]
# 120 steps reach 2.1555, where the loop's 200,000 have 2.1702; 600 steps reach 2.0926, lower than
# the lectures' best for this network, 2.1027. On two cores with nothing else to do the loop takes
# about a minute, 120 steps about 0.7 seconds, 600 about three: a hundred times faster to the same
# loss (`benchmarks/records`, the record `lecture-mlp`).
#
# Not all of that is counting. The loop takes 200,000 steps at 32 rows each, 6,400,000 rows; 120
# steps at some 2,600 windows are 312,000 rows, twenty times fewer. The rest is that few large calls
# cost less than many small ones.
#
# ## What to keep
#
# - Equal contexts get equal answers. So ask about each distinct one once, and weigh by counts.
# - It is the same sum, so the same loss and the same gradient, up to rounding.
# - Distinct contexts are found by ranking whole numbers: sort, mark the firsts, add up the marks.
# - For windows of 3 there are 33.6 times fewer contexts than characters, for whole prefixes 3.6
#   times; in small batches less.
# - What looks across rows, such as batch normalisation, needs the counts as weights; what is random
#   in each row, such as dropout, becomes noisier.
# - More in [docs/count-once.md](../docs/count-once.md), and in the code: `contexts/table.py` is
#   the table, `layers/loss.py` the loss.
#
# ## Exercises
#
# 1. Count the different windows for lengths 1 to 10. Why does it hardly matter, from 8 on, how long
#    the window is?
# 2. The list knows how often each name was given:
#    `dataset_named("us-names").load(with_weights=True)`. Count each name so often. How many
#    characters would the plain way have to walk through, and how much larger is the table? What is
#    the loss of bigrams then?
# 3. Build the tree of prefixes yourself with a dictionary of dictionaries, and count its nodes. Do
#    you find 50,705?
# 4. Many names *end* alike. Could a recurrent network be asked once for each distinct ending? Why
#    not? What could?
# 5. Take the weights out of the weighted mean in batch normalisation, as if each window were there
#    once. How far off is the *gradient* of W1?
#
# Answers: [answers/11_count_once.py](answers/11_count_once.py).
