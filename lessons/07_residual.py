# %% [markdown]
# # 7. Residual networks
#
# Batch normalisation lets us train six layers. What about thirty? You will see a deep stack do
# worse than a shallow one on the very lines that it learns from, find out what becomes of its
# gradients, and add two characters to the code, `+ x`, that let a stack be as deep as you like.
# Then we take a **ResNet** apart and build it for our windows.
#
# Takes about two minutes on two cores. You need lesson 6: layers as modules, gains, batch
# normalisation.

# %%
import os
import random
import time

import matplotlib.pyplot as plt
import torch
import torch.nn.functional as F
from torch import nn

from makemore import DeepMLPOptions, MakeMore, ResNetOptions
from makemore.corpus.named.corpora import dataset_named
from makemore.plots.layers import gradient_histograms

short = os.environ.get("LESSONS") == "short"  # the tests take few steps of long loops

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

g = torch.Generator().manual_seed(1)
ix = torch.randint(0, len(X_train), (512,), generator=g)
X_look, Y_look = X_train[ix], Y_train[ix]
X_some, Y_some = X_train[::8], Y_train[::8]  # to measure losses on: enough, and quick

# %% [markdown]
# ## Deeper, and worse
#
# Our layers now come from `torch.nn`, as lesson 6 ended. A **block** is two linear layers, each
# normalised, with relu: zero for what is negative, the number itself for what is positive.
# (Residual networks use relu, so we do.) A stack is a first layer from the window to 64 neurons,
# some blocks, and a last linear layer, the *head*, to the logits. `skip` is for later.


# %%
class Block(nn.Module):
    """linear, norm, relu, linear, norm, (add,) relu."""

    def __init__(self, size: int, skip: bool) -> None:
        """Makes the layers; their weights are drawn later."""
        super().__init__()
        self.linear1, self.norm1 = nn.Linear(size, size, bias=False), nn.BatchNorm1d(size)
        self.linear2, self.norm2 = nn.Linear(size, size, bias=False), nn.BatchNorm1d(size)
        self.skip = skip

    def forward(self, x: torch.Tensor) -> torch.Tensor:
        """(N, size) from (N, size)."""
        out = torch.relu(self.norm1(self.linear1(x)))
        out = self.norm2(self.linear2(out))
        if self.skip:
            out = out + x
        return torch.relu(out)


class Net(nn.Module):
    """An embedding, a first layer, blocks, and the head."""

    def __init__(self, blocks: int, skip: bool, size: int = 64) -> None:
        """Draws all weights, the same for the same sizes."""
        super().__init__()
        self.embedding = nn.Embedding(27, 10)
        self.stem, self.norm = nn.Linear(30, size, bias=False), nn.BatchNorm1d(size)
        self.blocks = nn.Sequential(*[Block(size, skip) for _ in range(blocks)])
        self.head = nn.Linear(size, 27)
        g = torch.Generator().manual_seed(2147483647)
        for p in self.parameters():
            if p.ndim == 2:  # the gain of relu is the root of 2
                nn.init.normal_(p, std=(2 / p.shape[1]) ** 0.5, generator=g)
        nn.init.normal_(self.embedding.weight, generator=g)
        nn.init.normal_(self.head.weight, std=0.01, generator=g)
        nn.init.zeros_(self.head.bias)

    def forward(self, X: torch.Tensor) -> torch.Tensor:
        """(N, 27) logits from (N, 3) ids."""
        x = self.embedding(X).flatten(1)
        x = torch.relu(self.norm(self.stem(x)))
        return self.head(self.blocks(x))


# %%
steps = 60 if short else 2_000


def train(net: Net) -> torch.Tensor:
    """Trains on batches of 64: the loss of each step."""
    g = torch.Generator().manual_seed(2147483647)
    losses = torch.empty(steps)
    for step in range(steps):
        ix = torch.randint(0, len(X_train), (64,), generator=g)
        loss = F.cross_entropy(net(X_train[ix]), Y_train[ix])
        net.zero_grad()
        loss.backward()
        rate = 0.1 if step < 0.7 * steps else 0.01
        with torch.no_grad():
            for p in net.parameters():
                p -= rate * p.grad
        losses[step] = loss.item()
    return losses


def loss_of(net: Net, X: torch.Tensor, Y: torch.Tensor) -> float:
    """The loss, with the running averages of the norms."""
    net.eval()
    with torch.no_grad():
        return F.cross_entropy(net(X), Y).item()


curves, found = {}, {}
for name, blocks in (("plain, 3 layers", 1), ("plain, 31 layers", 15)):
    net = Net(blocks, skip=False)
    curves[name] = train(net)
    found[name] = loss_of(net, X_some, Y_some), loss_of(net, X_dev, Y_dev)
    print(f"{name}: train {found[name][0]:.4f}, dev {found[name][1]:.4f}")
shallow_train, deep_train = found["plain, 3 layers"][0], found["plain, 31 layers"][0]


# %%
def draw(curves: dict[str, torch.Tensor]) -> None:
    """The losses, as means of a fiftieth of the steps."""
    plt.figure(figsize=(5.5, 3.5))
    for name, losses in curves.items():
        width = max(1, len(losses) // 50)
        means = losses[: len(losses) // width * width].view(-1, width).mean(1)
        plt.plot(torch.arange(len(means)) * width, means, label=name)
    plt.xlabel("step")
    plt.ylabel("loss, nats per character")
    plt.legend()


draw(curves)

# %% [markdown]
# (Layers are counted without the head.) Train losses are those of every eighth window. The shallow
# network comes to 2.27, the deep one to 2.63.
#
# A deep network that does worse on *dev* may have learned the list by heart. But this one is worse
# on the lines that it is trained on. And it should not be: take the shallow network, put fourteen
# more blocks on top that hand on what they get, and the deep one is as good. So good weights exist.
# They are not found. He, Zhang, Ren and Sun (2015, [arXiv
# 1512.03385](https://arxiv.org/abs/1512.03385)) called this **degradation**, and started from
# exactly that thought experiment.
#
# ## The first suspect: gradients that vanish
#
# To see what depth does by itself, take the normalisation out. A bare stack: h becomes f(h W),
# `depth` times. We look at the loss's gradient at each layer's output, right at the start, for two
# kinds of f and for two gains each: one too small, and the right one (lesson 5).


# %%
def bare_stack(f, gain: float, depth: int) -> tuple[list[torch.Tensor], list[torch.Tensor]]:
    """Each layer's output and each matrix of a bare stack, with their gradients."""
    g = torch.Generator().manual_seed(2147483647)
    C = torch.randn((27, 10), generator=g)
    first = torch.randn((30, 64), generator=g) * gain / 30**0.5
    matrices = [torch.randn((64, 64), generator=g) * gain / 64**0.5 for _ in range(depth)]
    head = torch.randn((64, 27), generator=g) * 0.1 / 64**0.5
    h = f(C[X_look].flatten(1) @ first)
    outputs = []
    for W in matrices:
        W.requires_grad_()
        h = f(h @ W)
        h.retain_grad()
        outputs.append(h)
    F.cross_entropy(h @ head, Y_look).backward()
    return outputs, matrices


def norms(tensors: list[torch.Tensor]) -> list[float]:
    """The norm of each gradient: the root of its summed squares."""
    return [x.grad.norm().item() for x in tensors]


kinds = {
    "tanh, gain 0.5": (torch.tanh, 0.5),
    "tanh, gain 5/3": (torch.tanh, 5 / 3),
    "relu, gain 1": (torch.relu, 1.0),
    "relu, gain root of 2": (torch.relu, 2**0.5),
}
share: dict[tuple[str, int], float] = {}
_, each = plt.subplots(1, 4, figsize=(11, 3), sharey=True, layout="constrained")
for axes, (name, (f, gain)) in zip(each, kinds.items(), strict=True):
    for depth in (2, 10, 30, 50):
        sizes = norms(bare_stack(f, gain, depth)[0])
        axes.semilogy(range(1, depth + 1), sizes, label=f"{depth} layers")
        share[name, depth] = sizes[0] / sizes[-1]
    axes.set_title(name)
    axes.set_xlabel("layer")
    print(name, *(f"{depth}: {share[name, depth]:.1e}" for depth in (2, 10, 30, 50)), sep="   ")
each[0].set_ylabel("norm of the gradient")
each[0].legend(fontsize=8)
tanh_poor, relu_poor = share["tanh, gain 0.5", 30], share["relu, gain 1", 30]
tanh_good, relu_good = share["tanh, gain 5/3", 50], share["relu, gain root of 2", 50]

# %% [markdown]
# The numbers are the first layer's gradient over the last layer's, for each depth. With tanh and
# the gain 0.5, thirty layers leave a thousand-millionth of the gradient, fifty 10^-15: the first
# layers are told nothing. Relu with the gain 1 loses a factor of 36,000 over thirty layers. With
# the right gains it is better. Relu keeps two thirds even over fifty layers; with tanh and 5/3
# gradients grow, a hundredfold over fifty layers.
#
# Where does that come from? The chain rule. With h_l = f(h_(l-1) W_l), going back one layer
# multiplies the gradient by f' and by W. Thirty layers are thirty factors. If each is a half, the
# product is a thousand-millionth; if each is two, a thousand million. Only a factor of one
# survives, and a gain holds it at one only on average, only at the start.
#
# A trap: do not look at the gradients of the *weights* for this.

# %%
outputs, matrices = bare_stack(torch.relu, 1.0, 30)
weight_share = norms(matrices)[0] / norms(matrices)[-1]
print(f"outputs, first over last: {norms(outputs)[0] / norms(outputs)[-1]:.0e}")
print(f"weights, first over last: {weight_share:.2f}, but all are tiny: {norms(matrices)[0]:.0e}")

# %% [markdown]
# A weight's gradient is the input of its layer times the gradient that comes back. Here the input
# fades on the way up just as the gradient fades on the way down, so the product is equally hopeless
# at every layer.
#
# ## The second suspect
#
# With the right gain relu keeps its gradients through fifty layers. Is such a stack all right? Look
# at what comes out of it: is the output for one window different from that for another? The cosine
# between two outputs is 1 when they point the same way.


# %%
def likeness(h: torch.Tensor) -> float:
    """The mean cosine between the outputs for two different windows."""
    unit = h / h.norm(dim=1, keepdim=True)
    n = len(h)
    return ((unit @ unit.T).sum().item() - n) / (n * (n - 1))


alike = {}
for depth in (2, 10, 30, 50):
    alike[depth] = likeness(bare_stack(torch.relu, 2**0.5, depth)[0][-1].detach())
    print(f"{depth} layers: mean cosine {alike[depth]:.3f}")
alike_2, alike_50 = alike[2], alike[50]

# %% [markdown]
# After fifty layers all windows look the same: 0.998. The size of the signal has survived, what it
# says has not. Careful weights keep *numbers* alive; they do not keep *information* alive. Each
# layer starts as a random mixer, and fifty random mixers leave nothing. (With batch normalisation
# the two suspects change roles: exercise 1.)
#
# ## Plus x
#
# He and his colleagues turned the question round. If fourteen blocks should do nothing, make doing
# nothing the easiest thing: let a block learn only what to *add* to what it got,
#
# $$h_l = h_{l-1} + F(h_{l-1})$$
#
# The F is called the **residual**, the + the **skip connection** or shortcut. With F = 0 the block
# hands on its input. And the gradient? The derivative of h + F(h) is 1 + F'(h). That 1 is the whole
# trick: multiply thirty such factors out, and one of the terms is 1 x 1 x ... x 1. The gradient at
# the top reaches the bottom along that path undiminished, whatever the weights are. The other terms
# are added to it.
#
# F has two matrices, with relu between them. The same bare stack, without and with `+ h`:


# %%
def block_stack(
    blocks: int, gain: float, skip: bool, scale: float = 1.0, f=torch.relu
) -> list[torch.Tensor]:
    """The outputs of blocks, first that of the stem, with their gradients."""
    g = torch.Generator().manual_seed(2147483647)
    C = torch.randn((27, 10), generator=g)
    stem = torch.randn((30, 64), generator=g) * gain / 30**0.5
    pairs = [torch.randn((2, 64, 64), generator=g) * gain / 64**0.5 for _ in range(blocks)]
    head = torch.randn((64, 27), generator=g) * 0.1 / 64**0.5
    h = f(C[X_look].flatten(1) @ stem).requires_grad_()
    outputs = [h]
    for A, B in pairs:
        F_h = f(h @ A) @ B * scale
        h = h + F_h if skip else f(F_h)
        h.retain_grad()
        outputs.append(h)
    F.cross_entropy(h @ head, Y_look).backward()
    return outputs


plain = block_stack(15, 1.0, skip=False)
residual = block_stack(15, 1.0, skip=True)
plain_share = norms(plain)[0] / norms(plain)[-1]
residual_share = norms(residual)[0] / norms(residual)[-1]
print(f"first over last: plain {plain_share:.1e}, residual {residual_share:.1f}")
assert plain_share < 1e-4
assert residual_share > 1

plt.figure(figsize=(5, 3))
plt.semilogy(norms(plain), "o-", label="plain")
plt.semilogy(norms(residual), "o-", label="residual")
plt.xlabel("block (0 is the first layer)")
plt.ylabel("norm of the gradient")
plt.legend()

# %% [markdown]
# Where fifteen plain blocks leave a fifty-thousandth of the gradient, in the residual stack the
# first layer gets 24 times what the last one gets. Same weights, same windows; all that was added
# is `h +`.
#
# ## Signals that grow
#
# Now they do not vanish, they grow, and 24 times in fifteen blocks is too much of a good thing. The
# reason is the same sum, read upwards. The variance of a sum of unrelated things is the sum of
# their variances, so every block adds to the size of the signal. Three cures:
#
# - **scale** every F by 1 / root of (2 L), for L blocks: all together then add half the variance
#   that one added before. (GPT-2 draws the weights before a sum smaller by that factor; it has two
#   sums in each of its L layers, hence the 2.)
# - **zero**: draw the last matrix of F, or the gain of its norm, as zero. At the start the whole
#   stack is then the identity.
# - **normalise** inside F, as ResNet does: what a block adds starts with variance 1, so that the
#   variance grows by one for each block, not by a factor.

# %%
grown, back = {}, {}
for name, scale in (("as it is", 1.0), ("scaled", 1 / (2 * 15) ** 0.5), ("zero", 0.0)):
    outputs = block_stack(15, 1.0, skip=True, scale=scale)
    grown[name] = (outputs[-1].std() / outputs[0].std()).item()
    back[name] = norms(outputs)[0] / norms(outputs)[-1]
    print(
        f"{name}: signal grows {grown[name]:.1f} times, gradient {back[name]:.1f} times; "
        f"mean cosine {likeness(outputs[-1].detach()):.2f}"
    )
grown_bare, grown_scaled, grown_zero = grown.values()

# %% [markdown]
# Scaled, everything stays within a factor of 1.2; and the windows stay about as different from each
# other as they are after the first layer (the line `zero`).
#
# ## The parts of a ResNet
#
# ResNets are built for pictures; torchvision has the code,
# [resnet.py](https://github.com/pytorch/vision/blob/main/torchvision/models/resnet.py). Its parts,
# and what they are here, where a window takes the place of a picture and a matrix the place of a
# convolution:
#
# | torchvision | here |
# |---|---|
# | `conv1`, `bn1`, `relu`: 3 colours to 64 channels | `stem`, `norm`, relu: 30 numbers to 64 |
# | `BasicBlock`: conv3x3, bn1, relu, conv3x3, bn2, `+= identity`, relu | `Block` with `skip=True` |
# | `layer1` to `layer4`: blocks one after the other | `blocks` |
# | `downsample`: conv1x1 and norm on the shortcut, where the shape changes | `Projection` below |
# | `Bottleneck`: 1x1 down to a quarter, 3x3, 1x1 up again | exercise 2 |
# | `avgpool`: the mean over the picture | nothing: a window is one place |
# | `fc`: to 1,000 classes | `head`: to 27 letters |
# | `zero_init_residual`: the gain of bn2 starts at zero | below |
#
# The order in the block is worth a look. The sum is taken *before* the last relu. That is the form
# of 2015; a year later the same authors put norm and relu *before* each linear layer, so that
# nothing at all stands on the shortcut ("pre-activation", [arXiv
# 1603.05027](https://arxiv.org/abs/1603.05027)); Transformers do the same.
#
# x and F(x) must have the same width to be added. Where a block widens the signal, the shortcut
# needs a matrix of its own, a **projection**:


# %%
class Projection(nn.Module):
    """A block from one width to another: the shortcut has a linear layer and a norm."""

    def __init__(self, width: int, size: int) -> None:
        """Makes the layers."""
        super().__init__()
        self.linear1, self.norm1 = nn.Linear(width, size, bias=False), nn.BatchNorm1d(size)
        self.linear2, self.norm2 = nn.Linear(size, size, bias=False), nn.BatchNorm1d(size)
        self.downsample = nn.Sequential(nn.Linear(width, size, bias=False), nn.BatchNorm1d(size))

    def forward(self, x: torch.Tensor) -> torch.Tensor:
        """(N, size) from (N, width)."""
        out = torch.relu(self.norm1(self.linear1(x)))
        return torch.relu(self.norm2(self.linear2(out)) + self.downsample(x))


Projection(30, 64)(torch.randn((5, 30), generator=g)).shape

# %% [markdown]
# ## Plain against residual
#
# The same 31 layers as at the beginning, the same weights at the start, the same batches; now with
# `skip=True`. And once more with the gain of each block's second norm at zero.

# %%
deep = Net(15, skip=True)
deep_parameters = sum(p.numel() for p in deep.parameters())
plain_parameters = sum(p.numel() for p in Net(15, skip=False).parameters())
print(f"{deep_parameters:,} parameters; plain {plain_parameters:,}")

zero = Net(15, skip=True)
for block in zero.blocks:
    nn.init.zeros_(block.norm2.weight)

for name, net in (("residual, 31 layers", deep), ("residual, zero at the start", zero)):
    curves[name] = train(net)
    found[name] = loss_of(net, X_some, Y_some), loss_of(net, X_dev, Y_dev)
    print(f"{name}: train {found[name][0]:.4f}, dev {found[name][1]:.4f}")
residual_train, residual_dev = found["residual, 31 layers"]
zero_train = found["residual, zero at the start"][0]
plain_dev = found["plain, 31 layers"][1]
ahead = deep_train - residual_train
highest = curves["residual, 31 layers"].max().item()
highest_zero = curves["residual, zero at the start"].max().item()

print(f"residual ahead of plain by {ahead:.3f} nats")
for name, losses in curves.items():
    print(f"{name}: first loss {losses[0]:.3f}, highest {losses.max():.3f}")
assert deep_train - zero_train > 0.1

draw(curves)
_ = plt.ylim(2.2, 3.4)  # the first losses of the residual network are above

# %% [markdown]
# The only difference between the two deep networks is `out = out + x`, and it is worth a third of a
# nat: 2.29 on train instead of 2.63. The residual one starts wildly: after fifteen sums its signals
# and gradients are too large for the rate 0.1, and its loss goes up to 12.6 before it comes down.
# With the gains at zero it starts as a network of one layer, and there is no such peak; it ends a
# little lower, at 2.28.
#
# It is not *better* than the three layers, which have 2.27. Three letters do not have that much to
# say, and 2,000 steps are few. The lesson is that depth no longer does harm. Where there is more to
# be learned from, pictures or long texts, it then does good.
#
# ## The same with the package
#
# The family `resnet` is this network. Its file says it in two lines:
#
#     h_0 = relu(BN([C(c_1) ... C(c_K)] W_0))
#     h_l = relu(h_(l-1) + BN(relu(BN(h_(l-1) A_l)) B_l))        logits = h_L V + d
#
# The first is the stem, the second the block: A and B are its two matrices, h_(l-1) + is the
# shortcut. Compare it with `deep_mlp` of lesson 6 at the same size, about 12,000 parameters.

# %%
package = {}
for options in (DeepMLPOptions(layers=2, hidden=200), ResNetOptions(hidden=64, blocks=1)):
    clock = time.perf_counter()
    maker = MakeMore(options, steps=20 if short else 1_500, split="lecture", random_state=0).fit(
        names
    )
    network, family = maker.learned_.model, maker.learned_.family
    size = sum(p.numel() for p in network.parameters())
    package[family] = size, maker.learned_.report.dev_loss
    seconds = time.perf_counter() - clock
    print(f"{family}: {size:,} parameters, dev {package[family][1]:.4f}, {seconds:.1f} s")
deep_mlp_size, deep_mlp_dev = package["deep_mlp"]
resnet_size, resnet_dev = package["resnet"]

# %% [markdown]
# 2.080 against 2.094, with the same window and about as many parameters; more layers and a shortcut
# are worth more here than more width. Over five seeds the package's own records say the same, 2.079
# and 2.093.
#
# `probe` shows a fitted network's gradients, as in lesson 6:

# %%
layers = maker.probe(names).networks[0].layers
gradient_histograms(layers.activations)

# %%
maker.sample(10, seed=1)

# %% [markdown]
# ## What to keep
#
# - A deep plain stack can do worse than a shallow one even on what it learns from: *degradation*.
# - Going back through a layer multiplies the gradient. Many factors vanish or explode; a good start
#   keeps them near one, but not what the signal says.
# - h + F(h) has the derivative 1 + F'(h): gradients reach the bottom, and a block that has nothing
#   to say hands on what it got.
# - Sums grow with depth: normalise inside the block, scale by the root of the depth, or start with
#   F at zero.
# - Most deep networks since have such shortcuts. Transformers do, and the memory of an LSTM is one
#   through time.
#
# ## Exercises
#
# 1. Take the 31 layers apart: how large are the gradients at each block in the plain and in the
#    residual `Net` at the start, with batch normalisation in both? Which of the two suspects is to
#    blame?
# 2. Write `Bottleneck`: down to a quarter of the width, a layer there, up again, with a shortcut
#    around all three. How many parameters has it beside a block?
# 3. Move norm and relu before each linear layer (pre-activation), so that nothing stands on the
#    shortcut, and train as above. Is it better?
# 4. Take one block out of a trained residual network, then one out of a trained plain one. What
#    happens to their losses?
# 5. Use `Projection` as the first block instead of the stem. Does it help?
#
# Answers: [answers/07_residual.py](answers/07_residual.py).
