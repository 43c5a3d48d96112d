# %% [markdown]
# # Answers to lesson 10
#
# In full about a minute and a half on two cores: four decoders are trained.
#
# ## The decoder, shorter
#
# The one of the lesson as one function of its weights, so that its parts can be left out.

# %%
import math
import os
import random
import time

import matplotlib.pyplot as plt
import torch
import torch.nn.functional as F

from makemore.corpus.named.corpora import dataset_named

short = os.environ.get("LESSONS") == "short"  # tests take a few steps of each long loop

names = dataset_named("us-names").load().to_list()
number = {letter: i for i, letter in enumerate([".", *sorted(set("".join(names)))])}
shuffled = names.copy()
random.seed(42)
random.shuffle(shuffled)
n1, n2 = int(0.8 * len(names)), int(0.9 * len(names))


def padded(lines):
    """What is read and what should come next: (B, T) ids each, -1 where nothing comes."""
    read, wanted = torch.zeros((len(lines), 16), dtype=int), torch.full((len(lines), 16), -1)
    for i, line in enumerate(lines):
        ids = torch.tensor([number[letter] for letter in line])
        read[i, 1 : len(line) + 1] = ids
        wanted[i, : len(line)] = ids
        wanted[i, len(line)] = 0
    return read, wanted


read, wanted = padded(shuffled[:n1])
dev_read, dev_wanted = padded(shuffled[n1:n2])
D, heads, layers = 48, 4, 2


def drawn_weights():
    """Fresh weights, by name."""
    g = torch.Generator().manual_seed(2147483647)
    w = {"C": torch.randn((27, D), generator=g), "V": torch.randn((D, 27), generator=g) * 0.01}
    w["P"] = torch.randn((16, D), generator=g) * 0.3  # positions, where they are learned
    for i in range(layers):
        w[f"qkv{i}"] = torch.randn((D, 3 * D), generator=g) / D**0.5
        w[f"o{i}"] = torch.randn((D, D), generator=g) / (2 * layers * D) ** 0.5
        w[f"1{i}"] = torch.randn((D, 4 * D), generator=g) / D**0.5
        w[f"2{i}"] = torch.randn((4 * D, D), generator=g) / (2 * layers * 4 * D) ** 0.5
    return {name: value.requires_grad_() for name, value in w.items()}


def turned(x):
    """(..., T, d) numbers, in pairs, each pair turned by its place times its speed."""
    a, b = x.unflatten(-1, (-1, 2)).unbind(-1)
    half = a.shape[-1]
    angle = torch.arange(x.shape[-2])[:, None] * 10_000.0 ** -(torch.arange(half) / half)
    cos, sin = angle.cos(), angle.sin()
    return torch.stack([a * cos - b * sin, a * sin + b * cos], -1).flatten(-2)


def shares_of(q, k):
    """(..., T, T) how much each place takes from each."""
    T = q.shape[-2]
    later = torch.ones(T, T, dtype=torch.bool).triu(1)
    score = q @ k.transpose(-2, -1) / q.shape[-1] ** 0.5
    return score.masked_fill(later, -math.inf).softmax(-1)


def decoder(w, read, positions="rotations", residual=True, looks=None):
    """(B, T, 27) logits; `looks`, a list, is given every layer's shares."""
    x, keep = w["C"][read], 1.0 if residual else 0.0
    if positions == "learned":
        x = x + w["P"][: read.shape[1]]
    for i in range(layers):
        qkv = F.layer_norm(x, (D,)) @ w[f"qkv{i}"]
        q, k, v = qkv.unflatten(2, (3, heads, -1)).permute(2, 0, 3, 1, 4)
        if positions == "rotations":
            q, k = turned(q), turned(k)
        share = shares_of(q, k)
        if looks is not None:
            looks.append(share)
        x = keep * x + (share @ v).transpose(1, 2).flatten(2) @ w[f"o{i}"]
        x = keep * x + F.gelu(F.layer_norm(x, (D,)) @ w[f"1{i}"]) @ w[f"2{i}"]
    return F.layer_norm(x, (D,)) @ w["V"]


def loss_of(w, read, wanted, **options):
    """Mean over characters of -log p."""
    logits = decoder(w, read, **options)
    return F.cross_entropy(logits.flatten(0, 1), wanted.flatten(), ignore_index=-1)


steps = 10 if short else 1_500


def trained(**options):
    """Weights after training, and their dev loss."""
    w, g = drawn_weights(), torch.Generator().manual_seed(2147483647)
    optimizer = torch.optim.AdamW(w.values(), lr=0.004, betas=(0.9, 0.98), weight_decay=0.05)
    for i in range(steps):
        ix = torch.randint(0, len(read), (64,), generator=g)
        loss = loss_of(w, read[ix], wanted[ix], **options)
        optimizer.zero_grad()
        loss.backward()
        for group in optimizer.param_groups:
            group["lr"] = 0.004 * min((i + 1) / 100, 1 - i / steps)
        optimizer.step()
    with torch.no_grad():
        return w, loss_of(w, dev_read, dev_wanted, **options).item()


# %% [markdown]
# ## 1. Without positions, and with learned ones

# %%
weights, rotations = trained()
_, learned = trained(positions="learned")
_, none = trained(positions="none")
print(f"dev loss: rotations {rotations:.4f}, learned {learned:.4f}, none {none:.4f}")

# %% [markdown]
# After 1,500 steps: rotations 2.067, learned positions 2.064, none 2.078. On names of a few letters
# the two ways do equally well; a difference of 0.003 says nothing after one training each. Without
# any it is a little worse, not lost. The mask tells places apart after all: the first place
# averages over two letters, the fifth over six, so the share of the dot shrinks from place to
# place, and the second layer can read that off.
#
# ## 2. PyTorch's module
#
# `nn.MultiheadAttention` has the queries', keys' and values' matrices one under the other, and
# keeps all matrices lying on their side. It masks where its mask is True.

# %%
with torch.no_grad():
    theirs = torch.nn.MultiheadAttention(D, heads, bias=False, batch_first=True)
    theirs.in_proj_weight.copy_(weights["qkv0"].T)
    theirs.out_proj.weight.copy_(weights["o0"].T)
    x = F.layer_norm(weights["C"][dev_read[:50]], (D,))
    later = torch.ones(16, 16, dtype=torch.bool).triu(1)
    found, _ = theirs(x, x, x, attn_mask=later)

    q, k, v = (x @ weights["qkv0"]).unflatten(2, (3, heads, -1)).permute(2, 0, 3, 1, 4)
    by_hand = (shares_of(q, k) @ v).transpose(1, 2).flatten(2) @ weights["o0"]
    apart = (found - by_hand).abs().max().item()
print(f"furthest apart: {apart:.0e}")
assert apart < 1e-4

# %% [markdown]
# ## 3. Without the residual connections

# %%
_, cut = trained(residual=False)
print(f"dev loss {cut:.4f}, with them {rotations:.4f}")

# %% [markdown]
# 2.133 against 2.067: worse by far more than positions matter. Two layers are few; the deeper the
# stack, the more a sum is needed for gradients to pass.
#
# ## 4. One place back
#
# The share of the place before, on average over all places of the dev names that have one:

# %%
looks = []
with torch.no_grad():
    decoder(weights, dev_read, looks=looks)
there = (dev_wanted >= 0)[:, 1:]
for layer, share in enumerate(looks, start=1):
    back = share.diagonal(offset=-1, dim1=2, dim2=3).transpose(1, 2)[there].mean(0)
    print(f"layer {layer}:", "  ".join(f"head {i + 1}: {x:.2f}" for i, x in enumerate(back)))
first_heads = looks[0].diagonal(offset=-1, dim1=2, dim2=3).transpose(1, 2)[there].mean(0)
most_back = first_heads.max().item()
place = torch.arange(1, 16).expand(there.shape)[there]
alike = (1 / (place + 1)).mean().item()
print(f"a head that looks at all places alike: {alike:.2f}")

# %% [markdown]
# After 1,500 steps head 3 of layer 1 and heads 2 and 4 of layer 2 give about half of all they have
# to the place before. A head that looks at all places alike gives 0.26, as names are short. Which
# heads do it depends on the seed.
#
# ## 5. The length of the line

# %%
lengths, taken = (64, 128, 256, 512, 1024), []
g = torch.Generator().manual_seed(1)
for T in lengths:
    q, k, v = torch.randn((3, 4, T, 16), generator=g)
    clocks = []
    for _ in range(5):
        clock = time.perf_counter()
        shares_of(q, k) @ v
        clocks.append(time.perf_counter() - clock)
    taken.append(1000 * sorted(clocks)[2])
    print(f"T = {T:4}: {taken[-1]:.2f} ms")

plt.figure(figsize=(5, 3))
plt.loglog(lengths, taken, "o-")
plt.xlabel("places in the line")
plt.ylabel("time, ms")

# %% [markdown]
# Each place looks at each: twice the length has four times the scores, and where these are most of
# the work, four times the time. Names have 16 places, so it does not matter here; books have more.
