# %% [markdown]
# # 12. Smoothing well, and mixing
#
# Lesson 1 added one to every count, and with longer windows that broke down. Networks came to the
# rescue. But did counting have to give up? You will see it come back: with a method of 1995 that
# learns the names in less than a second and beats the lectures' WaveNet. Then you will see that
# part of this is a gift of the split, and end with the best model of all: counts and a network,
# mixed.
#
# In full it takes about half a minute on two cores; most of that is one network. You need lesson 1
# for the counts, lesson 9 for the network (GRU) in the mixture, and lesson 11 for `Contexts`.

# %%
import math
import os
import random
import time
from collections import Counter, defaultdict
from functools import cache

import matplotlib.pyplot as plt
import numpy as np

from makemore import KneserNeyOptions, Lines, MakeMore, MixtureOptions
from makemore.contexts.table import Contexts
from makemore.corpus.named.corpora import dataset_named
from makemore.corpus.vocabulary import Vocabulary
from makemore.inference.likelihood import edge_log_probs, line_log_probs
from makemore.models.kneser_ney import KneserNey
from makemore.models.mixture import likeliest_weights
from makemore.plots.mixture import member_places, member_weights

short = os.environ.get("LESSONS") == "short"  # tests take a few steps of each long loop

# %%
names = dataset_named("us-names").load().to_list()
letters = [".", *sorted(set("".join(names)))]


def split(lines):
    """The lectures' split: shuffled with the seed 42, then 80 %, 10 % and 10 %."""
    shuffled = lines.copy()
    random.seed(42)
    random.shuffle(shuffled)
    n1, n2 = int(0.8 * len(shuffled)), int(0.9 * len(shuffled))
    return shuffled[:n1], shuffled[n1:n2], shuffled[n2:]


train, dev, test = split(names)
print(f"{len(train):,} names to count, {len(dev):,} to choose by, {len(test):,} to report on")

# %% [markdown]
# ## Longer windows, and where they end
#
# A *window* is what a model looks back at: the last characters, at most so many. Near the start of
# a name there are fewer, and the first of them is the dot.


# %%
def examples(lines, window):
    """Each character of each line, the dot at its end included, after the window before it."""
    for line in lines:
        read = f".{line}"
        for i, x in enumerate(f"{line}.", start=1):
            yield read[max(0, i - window) : i], x


list(examples(["emma"], 3))


# %%
def counted(lines, window):
    """For each window how often each character followed."""
    table = defaultdict(Counter)
    for h, x in examples(lines, window):
        table[h][x] += 1
    return table


def loss_of(p, lines, window):
    """The mean of -log p(h, x) over all characters; what stands twice is asked once."""
    often = Counter(examples(lines, window))
    return -sum(n * math.log(p(h, x)) for (h, x), n in often.items()) / sum(often.values())


def add(table, k):
    """Lesson 1: p with k added to every count."""
    total = {h: sum(row.values()) for h, row in table.items()}

    def p(h, x):
        return (table[h][x] + k) / (total[h] + 27 * k) if h in total else 1 / 27

    return p


# %% [markdown]
# Count with windows of 1 to 5 on the training part, try several k, and look at the dev part. One
# curve for each k:

# %%
tables = {window: counted(train, window) for window in range(1, 6)}
added = {}
for k in (0.01, 0.1, 1.0):
    added[k] = [loss_of(add(tables[window], k), dev, window) for window in tables]

plt.figure(figsize=(5, 3))
for k, losses in added.items():
    plt.plot(list(tables), losses, "o-", label=f"k = {k}")
plt.xticks(list(tables))
plt.xlabel("window, characters")
plt.ylabel("dev loss, nats per character")
plt.legend()

# %%
add_3, add_4, add_5 = added[0.1][2:]
for window, table in tables.items():
    once = np.mean([sum(row.values()) == 1 for row in table.values()])
    losses = "  ".join(f"k = {k}: {added[k][window - 1]:.4f}" for k in added)
    print(f"window {window}: {len(table):6,} windows, {once:4.0%} seen once;  {losses}")

# %% [markdown]
# Down to **2.1018** with three characters and k = 0.1, and then up again. With five characters
# there are 36,544 windows, and 56 % of them were seen once. What does such a window know? One
# character that followed. Adding k to all 27 counts says: *the rest are alike*. But they are not.
# After `tayl` a vowel is likelier than a q, whether `tayl` was ever seen or not: the window `yl`
# could tell us so. Adding k never asks the shorter window. That is the mistake, and all that
# follows mends it.
#
# ## Ask the shorter window: interpolation
#
# Jelinek and Mercer (1980): take what the window says, times a number, and what the window says
# that is one character shorter, times the rest. The shorter one does the same, down to the empty
# window, which knows how frequent letters are, and below that all 27 are alike:
#
# $$p(x \mid h) = \lambda \, \frac{c(h\,x)}{c(h)} + (1 - \lambda) \, p(x \mid h')$$
#
# with h' for h without its oldest character. A window that was never seen leaves everything to the
# shorter one. So we need counts for all the shorter windows too:


# %%
def all_counted(lines, window):
    """The same counts for windows of every length, from none up to the longest."""
    table = defaultdict(Counter)
    for h, x in examples(lines, window):
        for cut in range(len(h) + 1):
            table[h[cut:]][x] += 1
    return table


def interpolated(table, lam):
    """Every length's share mixed with the shorter one's."""
    total = {h: sum(row.values()) for h, row in table.items()}

    @cache
    def p(h, x):
        if h not in total:
            return p(h[1:], x)
        shorter = p(h[1:], x) if h else 1 / 27
        return lam * table[h][x] / total[h] + (1 - lam) * shorter

    return p


table = all_counted(train, 4)
found = {lam: loss_of(interpolated(table, lam), dev, 4) for lam in (0.4, 0.5, 0.6, 0.7, 0.8)}
for lam, loss in found.items():
    print(f"lambda {lam}: dev loss {loss:.4f}")
interpolation = min(found.values())

# %% [markdown]
# Window 4 was at 2.15 at best; now it is at **2.0397**, with one number chosen by dev. But one
# number is crude. A window that was seen 5,000 times deserves more trust than one seen once.
#
# ## How much a count is worth
#
# Let the names themselves say it. Cut the training part in two halves. Take all pairs (window of 4,
# next character) that stand exactly once in the first half. How often do they stand in the second
# half, on average? And those that stand twice, three times, and so on?

# %%
half = len(train) // 2
first, second = Counter(examples(train[:half], 4)), Counter(examples(train[half:], 4))
worth = {}
for r in range(1, 6):
    which = [pair for pair, n in first.items() if n == r]
    worth[r] = sum(second[pair] for pair in which) / len(which)
    print(
        f"seen {r}: {len(which):6,} pairs, seen again {worth[r]:.2f} times: {r - worth[r]:.2f} less"
    )
worth_of_one, worth_of_five = worth[1], worth[5]

# %% [markdown]
# What stands once comes again 0.52 times, what stands five times comes again 3.87 times. So a count
# promises too much: by a half for ones, three quarters for twos, about one for more. It is not a
# *share* that must be taken away, as $1 - \lambda$ does, but nearly a constant amount. That is
# **absolute discounting**: take D from every count that is there, and give what was taken to the
# shorter window.
#
# $$p(x \mid h) = \frac{\max(c(h\,x) - D, 0)}{c(h)} + \gamma(h) \, p(x \mid h')$$
#
# $\gamma(h)$ is what was taken, as a share: D times the number of *different* characters that
# followed h, over c(h). A window seen 5,000 times loses little; one seen once gives D of all it has
# to the shorter one. Nobody has to choose how far to trust a window: the window's own counts
# decide.
#
# D needs no dev part either. With $n_1$ pairs that stand once and $n_2$ that stand twice, Ney,
# Essen and Kneser (1994) take $Y = n_1 / (n_1 + 2 n_2)$. Each length of window has its own.


# %%
def one_discount(counts):
    """D for counts of 1, 2, 3 and more: the same for all."""
    n = Counter(counts)
    return [n[1] / (n[1] + 2 * n[2])] * 3 if n[1] and n[2] else [0.5] * 3


def discounted(table, find):
    """What each length keeps, and the shorter one's probability for what it gave away."""
    total = {h: sum(row.values()) for h, row in table.items()}
    counts = defaultdict(list)
    for h, row in table.items():
        counts[len(h)] += row.values()
    D = {length: [0.0, *find(own)] for length, own in counts.items()}
    taken = {h: sum(D[len(h)][min(c, 3)] for c in row.values()) for h, row in table.items()}

    @cache
    def p(h, x):
        if h not in total:
            return p(h[1:], x)
        shorter = p(h[1:], x) if h else 1 / 27
        c = table[h][x]
        return (c - D[len(h)][min(c, 3)] + taken[h] * shorter) / total[h]

    return p


absolute = loss_of(discounted(table, one_discount), dev, 4)
print(f"dev loss {absolute:.4f}")

# %% [markdown]
# 2.0634. Interpolation has a little less, 2.0397, but its lambda was chosen by looking at dev, and
# nothing was chosen here. The best is to come.
#
# ## How many different windows: Kneser and Ney
#
# Here is their idea (1995). English text has the word *Francisco* quite often. But it stands after
# one word only. So if you see a word you do not know, and ask what comes next, the frequency of
# *Francisco* misleads: it is frequent *where San stands*, and that the longer window knew already.
# When we fall back to a shorter window, we do so because the longer one knows little; then it is
# not the question how *often* a character stood there, but after how many *different* longer
# windows.
#
# Names have a Francisco. Take j and u:

# %%
single, double = counted(train, 1), counted(train, 2)
for x in "ju":
    often = sum(row[x] for row in single.values())
    after = sum(x in row for row in double.values())
    starts = double["."][x]
    print(f"{x}: {often:,} times, {starts:,} of them first in a name; after {after} windows of 2")

# %% [markdown]
# They are about equally frequent. But j is first in a name, nearly always, and u stands everywhere.
# So wherever we must fall back, j should be far less likely than u. Is it? Take those places of the
# dev part whose window of four was never seen in the training part, and count what is there:

# %%
unseen = Counter(x for h, x in examples(dev, 4) if h not in tables[4])
print(f"{unseen.total():,} places; u stands at {unseen['u']}, j at {unseen['j']}")
unseen_u, unseen_j = unseen["u"], unseen["j"]

# %% [markdown]
# 19 times u, never j. So change the counts of the shorter windows, and nothing else: count each
# (window, character) *once for each different window one longer* that it stood in. The longest
# windows keep their real counts. So do windows that begin with the dot: nothing can stand before
# it.


# %%
def continued(lines, window):
    """Real counts for the longest windows; below, in how many longer ones each pair stood."""
    table = counted(lines, window)
    for length in range(window, 0, -1):
        for h in [h for h in table if len(h) == length]:
            for x in table[h]:
                table[h[1:]][x] += 1
    return table


table = continued(train, 4)
kneser_ney_1995 = loss_of(discounted(table, one_discount), dev, 4)
print(f"dev loss {kneser_ney_1995:.4f}")

# %% [markdown]
# From 2.0634 to **2.0030**, by counting differently. (The loop adds to `table[h[1:]]` only. A
# window that begins with the dot is never `h[1:]` of another, as the dot is always first. So real
# counts and the others never mix.)
#
# ## Three discounts
#
# We saw that ones should lose a half, twos three quarters, and the rest more. Chen and Goodman
# (1999) compared the smoothing methods of their time, and gave the best of them a discount each for
# counts of 1, 2 and 3 or more, again from the counts of counts:
#
# $$Y = \frac{n_1}{n_1 + 2 n_2}, \quad D_r = r - (r + 1) \, Y \, \frac{n_{r+1}}{n_r}$$
#
# This is **modified Kneser-Ney**, what counting is measured against to this day. It takes r = 1, 2
# and 3, the last for all counts above too. Where the counts of counts give no discount (the empty
# window has only 27 pairs, and few that stand once), 1/2, 1 and 3/2 must do.


# %%
def three_discounts(counts):
    """D for counts of 1, 2, 3 and more: each its own."""
    n = Counter(counts)
    if all(n[r] for r in (1, 2, 3, 4)):
        Y = n[1] / (n[1] + 2 * n[2])
        D = [r - (r + 1) * Y * n[r + 1] / n[r] for r in (1, 2, 3)]
        if all(0 < D[r - 1] < r for r in (1, 2, 3)):
            return D
    return [0.5, 1.0, 1.5]


modified = loss_of(discounted(table, three_discounts), dev, 4)
D = three_discounts([c for h, row in table.items() if len(h) == 4 for c in row.values()])
print("discounts of windows of 4:", [round(d, 2) for d in D])
print(f"dev loss {modified:.4f}")

# %% [markdown]
# **1.9841**. With add-k it was 2.1522: the same list, the same window, the same counts to start
# from.
#
# ## The same as the package's
#
# `kneser_ney` is this, without walking through dictionaries: all windows are ranked and counted by
# NumPy. Count the training part with both, window 3, and compare every probability of every window
# of the dev part: 27 for each.

# %%
vocabulary = Vocabulary.of(Lines.from_strings(names))


def contexts(lines, window):
    """Lesson 11: the distinct windows of some lines, and what followed them how often."""
    return Contexts.of(Lines.from_strings(lines), vocabulary, window)


by_hand = discounted(continued(train, 3), three_discounts)
model = KneserNey(KneserNeyOptions(window=3), len(vocabulary), 0).count(contexts(train, 3))
asked = contexts(dev, 3)
theirs = np.exp(model.log_probs(asked))
spelled = ["".join(letters[i] for i in row) for row in asked.back]  # "..e", ".em", "emm"
spelled = [h[max(0, h.rfind(".")) :] for h in spelled]  # one dot is enough
ours = np.array([[by_hand(h, x) for x in letters] for h in spelled])
apart = float(np.abs(ours - theirs).max())
print(f"{ours.size:,} probabilities, at most {apart:.0e} apart")
assert apart < 1e-6

# %% [markdown]
# Equal, but for rounding: the package keeps seven digits.
#
# ## All windows
#
# Now everything in one picture, each method by its own dev loss:

# %%
ways = {"add-k, best k": [], "interpolation": [], "absolute discounting": []}
for window in range(1, 6):
    table = all_counted(train, window)
    ways["add-k, best k"].append(min(added[k][window - 1] for k in added))
    ways["interpolation"].append(loss_of(interpolated(table, 0.6), dev, window))
    ways["absolute discounting"].append(loss_of(discounted(table, one_discount), dev, window))


def dev_loss(members, c):
    """The loss of a fitted model on contexts."""
    return -float((c.count * edge_log_probs(members, c)).sum() / c.total)


ways["modified Kneser-Ney"], fitted = [], {}
for window in range(1, 9):
    options = KneserNeyOptions(window=window)
    fitted[window] = KneserNey(options, len(vocabulary), 0).count(contexts(train, window))
    ways["modified Kneser-Ney"].append(dev_loss(fitted[window], contexts(dev, window)))

plt.figure(figsize=(6, 3.5))
for way, losses in ways.items():
    plt.plot(range(1, 1 + len(losses)), losses, "o-", label=way)
plt.axhline(1.9937, linestyle=":", color="grey", label="the lectures' WaveNet")
plt.xlabel("window, characters")
plt.ylabel("dev loss, nats per character")
plt.legend(fontsize=8)

# %%
print("  ".join(f"{w}: {x:.4f}" for w, x in enumerate(ways["modified Kneser-Ney"], start=1)))
kneser_ney_dev = ways["modified Kneser-Ney"][4]

# %% [markdown]
# Interpolation has one lambda for all lengths, here 0.6: too little trust in short windows, which
# were seen often. Only the lowest line does not turn up again: from five characters on it stays
# nearly where it is. A window that is too long does no harm; it gives what it has to the shorter
# ones. How long does it take, from the list to the fitted model?

# %%
clock = time.perf_counter()
maker = MakeMore(KneserNeyOptions(window=5), split="lecture").fit(names)
seconds = time.perf_counter() - clock
report = maker.learned_.report
print(f"{seconds:.2f} s; dev loss {report.dev_loss:.4f}, test loss {report.test_loss:.4f}")
print(maker.sample(8, seed=1, new=True))

# %% [markdown]
# About a third of a second, when nothing else runs. Figures on the lectures' split:
#
# | model | dev loss |
# |---|---|
# | MLP of the lectures, window 3 | 2.1027 |
# | WaveNet of the lectures, 76,579 parameters | 1.9937 |
# | the best published that we know of, a WaveNet of 77,145 | 1.9842 |
# | modified Kneser-Ney, window 5, counted | **1.9746** |
#
# So were the networks for nothing? Not so fast.
#
# ## The split leaks
#
# The list is really two lists, girls and then boys, and names that are given to both stand twice.
# Shuffle, cut, and such a name can fall in the training part *and* in the dev part:

# %%
known = set(train)
seen = np.array([name in known for name in dev])
leak = float(seen.mean())
print(f"{len(names):,} names, {len(set(names)):,} different ones")
print(f"{leak:.1%} of the dev names stand in the training part")


# %%
def apart_by(log_likelihoods):
    """The loss of dev names that stand in train, and of those that do not."""
    characters = np.array([len(name) + 1 for name in dev])
    return [-log_likelihoods[w].sum() / characters[w].sum() for w in (seen, ~seen)]


on_seen, on_unseen = apart_by(line_log_probs(fitted[5], contexts(dev, 5)))
print(f"loss on seen names {on_seen:.4f}, on unseen ones {on_unseen:.4f}")

# %% [markdown]
# 13.2 % of the dev part is an exam with known questions. On those names counts do splendidly, 1.66;
# on names that are really new they have 2.02. Counts remember the list better than a network of
# that size can, so this split favours them. The **clean split** drops repeats first, and then
# shuffles and cuts as before:

# %%
different = list(dict.fromkeys(names))
clean_train, clean_dev, clean_test = split(different)
for window in (3, 4, 5, 6):
    options = KneserNeyOptions(window=window)
    model = KneserNey(options, len(vocabulary), 0).count(contexts(clean_train, window))
    print(f"window {window}: clean dev loss {dev_loss(model, contexts(clean_dev, window)):.4f}")
    if window == 5:
        clean = dev_loss(model, contexts(clean_dev, window))

# %% [markdown]
# **2.0039** with five characters. That is the honest figure for counting. Whenever somebody shows
# you a loss, ask what the test lines have in common with the training lines.
#
# ## Mixing
#
# Counts know by heart what they have seen. Networks generalise: to them windows that are alike,
# such as `kayd` and `jayd`, are near each other. Each is right where the other is weak, so let both
# speak:
#
# $$p(x \mid c) = \sum_m w_m \, p_m(x \mid c), \qquad \sum_m w_m = 1$$
#
# Averaging *probabilities* has a nice property: where one member says 0.9 and the other 0.001, the
# mixture still says about 0.45, a loss of 0.8 instead of 6.9. The one that knows carries the other.
#
# First train the network. This call fits three Kneser-Neys and a GRU of 192 neurons, and its
# mixture; we look at the parts afterwards. It is the long step of this lesson.

# %%
steps = 20 if short else 300
members = "kneser_ney(window=3), kneser_ney(window=5), kneser_ney(window=8), gru(hidden=192)"
clock = time.perf_counter()
maker = MakeMore(MixtureOptions(members=members), steps=steps, split="lecture").fit(names)
print(f"{time.perf_counter() - clock:.0f} s")

# %% [markdown]
# What does each member give to each character of the dev part? The package counts its Kneser-Neys
# again when all is chosen, with the dev part included, so here we take our own, which know the
# training part only. `prefixes` are the distinct beginnings of dev names; each *edge* is one of
# them with what followed, and `count` says how often (lesson 11).

# %%
gru = maker.learned_.model.members[3]
parts = {"window 3": fitted[3], "window 5": fitted[5], "window 8": fitted[8], "GRU": gru}
prefixes = contexts(dev, None)
log_p = np.stack([edge_log_probs(part, prefixes) for part in parts.values()])
share = prefixes.count / prefixes.total
alone = dict(zip(parts, -(log_p @ share), strict=True))
gru_dev = alone["GRU"]
for name, value in alone.items():
    print(f"{name:8} alone: dev loss {value:.4f}")

# %% [markdown]
# ## The weights: expectation-maximisation
#
# Which w makes the dev part likeliest? Start with all alike and repeat two lines. *Expectation*: of
# the probability that a character got, how much came from each member? That is its
# *responsibility*. *Maximisation*: a member's new weight is its mean responsibility. Each round
# makes the lines likelier (Dempster, Laird and Rubin 1977 prove it), and here there is only one top
# to climb.

# %%
p = np.exp(log_p.astype(np.float64))
w = np.full(len(p), 1 / len(p))
course = []
for _ in range(500):
    mixed = w @ p
    course.append(-float(share @ np.log(mixed)))
    if len(course) > 1 and course[-2] - course[-1] < 1e-7:
        break
    responsibility = w[:, None] * p / mixed
    w = responsibility @ share

for name, weight in zip(parts, w, strict=True):
    print(f"{name:8} weight {weight:.3f}")
plt.figure(figsize=(5, 3))
plt.plot(course)
plt.xlabel("round")
plt.ylabel("dev loss, nats per character")

# %%
packaged = likeliest_weights(log_p, prefixes.count)
weights_apart = float(np.abs(w - packaged).max())
mixture_dev, mixture_test = maker.learned_.report.dev_loss, maker.learned_.report.test_loss
gain = min(alone.values()) - mixture_dev
print(f"our weights and the package's are at most {weights_apart:.0e} apart")
print(
    f"mixture: ours {course[-1]:.4f}, the package's {mixture_dev:.4f}, on test {mixture_test:.4f}"
)
print(f"{gain:.4f} below its best member")
assert weights_apart < 1e-4
assert abs(course[-1] - mixture_dev) < 1e-4

# %% [markdown]
# The best member has 1.9624, the mixture **1.9184**. The window of 3 got no weight at all: what it
# knows the others know too. (The dev part chose four weights; that is too few numbers to learn it
# by heart, and test agrees.)
#
# ## Who helps where
#
# The seen and the unseen names apart:

# %%
for name, row in zip([*parts, "mixture"], [*log_p, np.log(w @ p)], strict=True):
    on_lines = np.add.reduceat(row.astype(np.float64)[prefixes.edge], prefixes.start[:-1])
    print("{:8} seen {:.4f}, unseen {:.4f}".format(name, *apart_by(on_lines)))

# %% [markdown]
# Seen names the long windows tell best, by far; of the four, the GRU is best on new ones. The
# mixture is better than all of them on the new names too, so the gain is not the leak. `probe`
# measures what each member is good for, here on test names:

# %%
probed = maker.probe(test).members
member_weights(probed)

# %% [markdown]
# Members 0, 1 and 2 are the windows of 3, 5 and 8. Above: a member's weight, and the share of
# characters to which it gives more than all others. Even the one without a weight gives most to a
# quarter of the characters. Still it has no weight: whatever it would gain there, it would lose
# elsewhere. Below: how much worse the mixture would be without it. Now place by place, whose
# probability it is:

# %%
member_places(probed)

# %% [markdown]
# The lines are nearly flat: each member has about its weight wherever you look. Beyond the eleventh
# place few names are left, and the curves shake. (Exercise 3 asks whether weights of their own for
# each place would pay.)
#
# ## Two minutes
#
# `auto`, the package's default, mixes three Kneser-Neys with as many networks as the time allows.
# With two minutes on two cores it takes two LSTMs and a GRU beside the counts, and reaches
# **1.879** on the lectures' dev part, and **1.903** on the clean split's test part (the means of
# five seeds, `benchmarks/records`, the record `quality`). Compare with where we started: 2.454.
#
# ## What to keep
#
# - Adding the same to every count asks nobody. A window that knows little should ask the window
#   that is one character shorter.
# - Take a nearly constant amount from every count and give it to the shorter window: then rare
#   windows give much and frequent ones little, by themselves.
# - For a shorter window count in how many *different* longer ones a character stood, not how often.
# - Modified Kneser-Ney at window 5: 1.9746 on the lectures' split, in under a second; 2.0039 where
#   no name stands twice.
# - A split that leaks rewards memory. Look at seen and unseen lines apart.
# - Mix probabilities, weigh by expectation-maximisation on lines nobody learned. Different models
#   help most.
#
# ## The end, and what to read next
#
# You have counted letters, trained a line of 27 neurons, an MLP, deep stacks, recurrent networks, a
# WaveNet and a Transformer, and mixed them with counts. What to read, in this order:
#
# - Chen and Goodman (1999), "An empirical study of smoothing techniques for language modeling": how
#   to compare methods fairly. Still a model of its kind.
# - Bengio, Ducharme, Vincent and Jauvin (2003), "A neural probabilistic language model": lesson 3
#   in the original. Its best results are mixtures with counts, as here.
# - Vaswani et al. (2017), "Attention is all you need", and Radford et al. (2019), "Language models
#   are unsupervised multitask learners": lesson 10, and what it becomes when everything is larger.
# - This package: `docs/count-once.md`, then `src/makemore/models`, where each family is one file
#   with its paper's letters.
#
# ## Exercises
#
# 1. *Witten and Bell* (1991) interpolate too, with $\gamma(h) = t / (t + c(h))$, t being how many
#    different characters followed h. No discounts. How does it do for windows 3 to 5?
# 2. Mix Kneser-Neys of windows 3, 5 and 8 only. How much is that worth, without any network?
# 3. Should the weights be the same everywhere? Find weights of their own for the first, second,
#    third ... character of a name by expectation-maximisation on one half of the dev part, and
#    compare on the other half.
# 4. Take a single discount D for all counts and all lengths, window 5, and choose it by dev. How
#    much worse is it than three discounts for each length?
#
# Answers: [answers/12_smoothing_well.py](answers/12_smoothing_well.py).
