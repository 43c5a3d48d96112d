# %% [markdown]
# # 1. Counting bigrams
#
# We have a list of names and want more of them. The simplest machine that can do it knows one
# thing: how often each letter follows each other letter. You will see a table of 27 by 27 counts
# make names, learn what *loss* means, and meet the number that every later lesson tries to lower:
# **2.454**.
#
# Takes a few seconds. You need Python, and nothing of machine learning.

# %%
import math

import matplotlib.pyplot as plt
import torch

from makemore import MakeMore, NgramOptions
from makemore.corpus.named.corpora import dataset_named
from makemore.plots.tables import bigram_table

# %% [markdown]
# ## The list
#
# The names that were given to children in the United States in 2018, girls' names first, the most
# frequent first. They come with the package.

# %%
names = dataset_named("us-names").load().to_list()
print(f"{len(names):,} names, {min(map(len, names))} to {max(map(len, names))} letters")
print(names[:8])

# %% [markdown]
# ## What a name says
#
# `emma` says more than its four letters: that a name may start with e; that m may follow e; that m
# may follow m, and a follow m; and that after a name like emm**a** there may be nothing more. To
# say all of that with pairs, a name needs a mark at both ends. Count the pairs of the first name,
# then of all:

# %%
for first, second in zip(["<S>", *"emma"], [*"emma", "<E>"], strict=True):
    print(first, second)

# %%
pairs: dict[tuple[str, str], int] = {}
for name in names:
    for pair in zip(["<S>", *name], [*name, "<E>"], strict=True):
        pairs[pair] = pairs.get(pair, 0) + 1

sorted(pairs.items(), key=lambda item: -item[1])[:5]

# %% [markdown]
# 6,763 names end in n, 6,640 in a: the pair of `n` and `<E>` comes first.
#
# ## A table
#
# A dictionary is slow to draw from. Put the counts in a table: row, the letter that came before;
# column, the letter that followed. One mark serves for both ends, a dot: at the start of a row it
# is the start of a name, at the head of a column its end. So there are 27 things: the dot is 0, a
# is 1, z is 26.

# %%
letters = [".", *sorted(set("".join(names)))]
number = {letter: i for i, letter in enumerate(letters)}

N = torch.zeros((27, 27), dtype=torch.int32)
for name in names:
    for first, second in zip(f".{name}", f"{name}.", strict=True):
        N[number[first], number[second]] += 1

bigrams = int(N.sum())
print(f"{bigrams:,} pairs")
bigram_table(N.numpy(), letters)

# %% [markdown]
# Look for the cells with a 0: pairs that no name has. Look at the row of q: nearly all of it is u.
# Look at the first row: how names start.
#
# ## Drawing
#
# To make names we must draw letters, some more often than others. `torch.multinomial` does that. A
# *generator* with a seed makes it draw the same on every machine: first three probabilities, then
# twenty draws with them.

# %%
g = torch.Generator().manual_seed(2147483647)
p = torch.rand(3, generator=g)
p = p / p.sum()
draws = torch.multinomial(p, num_samples=20, replacement=True, generator=g)
print(p)
print(draws)

# %% [markdown]
# About 60 of 100 draws should be a 0, 30 a 1, 9 a 2. Twenty draws are few, and chance has its way
# with them: here they are 9, 9 and 2. With many the shares come near the probabilities.
#
# Now the letters. Start with the dot, take its row, make it probabilities, draw the next letter,
# take *that* letter's row, and so on until a dot is drawn:

# %%
g = torch.Generator().manual_seed(2147483647)


def draw(table: torch.Tensor) -> str:
    """Draws one name from a table of probabilities."""
    i, made = 0, ""
    while True:
        i = int(torch.multinomial(table[i], num_samples=1, replacement=True, generator=g))
        if i == 0:
            return made
        made += letters[i]


P = N.float()
P = P / P.sum(1, keepdim=True)
made = [draw(P) for _ in range(10)]
made

# %% [markdown]
# They look terrible. They are still better than chance: here is what a table draws in which every
# letter is as likely.

# %%
[draw(torch.full((27, 27), 1 / 27)) for _ in range(5)]

# %% [markdown]
# ## A trap: keepdim
#
# `P.sum(1, keepdim=True)` has the shape (27, 1): one sum for each row, standing upright beside its
# row, so that dividing spreads it *along* the row; this spreading of a smaller shape over a larger
# one is called **broadcasting**. Without `keepdim` the sums have the shape (27). Shapes are lined
# up from the right, so they lie down as one row, (1, 27), and every *column* is divided by another
# letter's sum. Nothing fails. It is only wrong:

# %%
right = N / N.sum(1, keepdim=True)
wrong = N / N.sum(1)
print("rows add up to", right.sum(1)[:3], "and wrongly to", wrong.sum(1)[:3])

# %% [markdown]
# ## How good is it?
#
# We want one number. Take what the table says of each pair in the list: *probability*. A machine
# that knows nothing says 1/27, about 4 %, of everything. The better it is, the higher the
# probabilities of what is really there.
#
# - Their product is the **likelihood** of the list. It is far too small for a computer.
# - So take logarithms. log(a b c) = log a + log b + log c: the **log-likelihood** is a sum.
# - It is negative, and 0 at best. Turn it round and low is good: the **negative log-likelihood**.
# - Divide by how many pairs there are: the **loss**, in *nats per character*: a nat is the unit of
#   natural logarithms, and the end of a name counts as a character. Every loss in these lessons is
#   this one.

# %%
log_likelihood, count, product = 0.0, 0, 1.0
for name in names[:3]:
    for first, second in zip(f".{name}", f"{name}.", strict=True):
        p = P[number[first], number[second]].item()
        product *= p
        log_likelihood += math.log(p)
        count += 1
        print(f"{first}{second}  probability {p:.4f}  log {math.log(p):8.4f}")
print(f"likelihood {product:.1e}, log-likelihood {log_likelihood:.2f}")
print(f"loss {-log_likelihood / count:.4f}")


# %%
def loss_of(table: torch.Tensor) -> float:
    """The mean negative log-likelihood of all pairs of the list."""
    logs = table.log()
    return -(N * logs)[N > 0].sum().item() / bigrams


loss = loss_of(P)
print(f"loss {loss:.4f}; a machine that knows nothing has {math.log(27):.4f}")

# %% [markdown]
# **2.454**. Remember it.
#
# Notice what `loss_of` did: it did not walk through 228,146 pairs. It took each of 27 x 27 cells
# once, times its count. The sum is the same. (A pair that is never there has 0 times minus
# infinity, which is not a number; `[N > 0]` leaves it out.) That small thing is the idea under this
# whole package; lesson 11 makes it fast for networks too.
#
# ## What it has never seen
#
# How good is *andrejq* as a name?


# %%
def line_loss(table: torch.Tensor, name: str) -> float:
    """The loss of one name."""
    logs = [table[number[a], number[b]].log() for a, b in zip(f".{name}", f"{name}.", strict=True)]
    return -torch.stack(logs).mean().item()


never = line_loss(P, "andrejq")
print(f"andrejq: {never}")

# %% [markdown]
# Infinitely bad. No name in the list has *jq*, so the table says 0, and the logarithm of 0 is minus
# infinity. That is too sure: the next list may have one. The cure is **smoothing**: pretend that
# every pair was seen once more than it was.

# %%
smooth = (N + 1).float()
smooth /= smooth.sum(1, keepdim=True)
smoothed, possible = loss_of(smooth), line_loss(smooth, "andrejq")
print(f"loss {smoothed:.4f}, andrejq {possible:.4f}")

# %% [markdown]
# The list itself becomes a little less likely, 2.4546, and nothing is impossible any more. Add more
# and the table flattens, until it knows nothing (ln 27, the dotted line):

# %%
added = [10.0**k for k in range(-2, 6)]
flattened = []
for k in added:
    table = N + k
    flattened.append(loss_of(table / table.sum(1, keepdim=True)))

plt.figure(figsize=(5, 3))
plt.semilogx(added, flattened, "o-")
plt.axhline(math.log(27), linestyle=":")
plt.xlabel("added to every count")
plt.ylabel("loss, nats per character")

# %% [markdown]
# ## The same with the package
#
# All of this is `ngram` with a window of one character and one added to every count. `score` is the
# mean log-likelihood per character: the loss, turned round.

# %%
maker = MakeMore(NgramOptions(window=1, add=1.0), random_state=0).fit(names)
same = -maker.score(names)
print(f"{same:.4f}")
print(maker.sample(10, seed=1))
print(maker.score_samples(["andrejq", "emma"]))  # log-likelihoods, in nats

# %% [markdown]
# ## What to keep
#
# - A *language model* says how probable each next letter is, given those before. This one looks at
#   one letter.
# - Draw letter by letter, and it makes names. Add up logarithms of probabilities, and it judges
#   them.
# - The loss is the mean of -log p over all characters, ends counted. Guessing has ln 27 = 3.2958;
#   this table has 2.454.
# - What was never seen must not be impossible.
#
# Two letters would need a table of 27 x 27 rows, three of 19,683, ten of more rows than there are
# stars in the galaxy. That is why the next lesson throws the table away and trains a network to say
# the same.
#
# ## Exercises
#
# 1. Count trigrams: two letters before, one after. What loss do you get?
# 2. Split the list: 80 % to count, 10 % to choose, 10 % to report (*train*, *dev*, *test*). Count
#    bigrams and trigrams on the first part only. What are their losses on dev? What happened to the
#    trigram's lead?
# 3. Choose what to add to the trigram's counts by the dev part. Report the best once, on test.
#
# Answers: [answers/01_counting.py](answers/01_counting.py).
