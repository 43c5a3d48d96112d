"""Distribution of sampled lines by enumeration: an oracle that shares no code with the sampler.

Every line over a small vocabulary is enumerated with its probability,

    p(line) = sum over labels l of  p(l) * product over its characters x of  p(x | h, l)

where temperature, top-k and top-p shape each p(x | h, l). Options select some of the lines, and the
sampler must draw each of them with probability p(line) / (sum of p over the selected lines).
"""

import math
import re
from collections import Counter

import numpy as np

from makemore.corpus.case import fold_case


def is_selected(line, o):
    """Whether a line of at most the permitted length satisfies the options, tested one by one."""
    fold = fold_case if o.ignore_case else str
    text = fold(line)
    flags = re.DOTALL | (re.IGNORECASE if o.ignore_case else 0)
    return (
        line == line.strip() != ""
        and text.startswith(fold(o.prefix))
        and text.endswith(fold(o.suffix))
        and all(fold(each) in text for each in o.contains)
        and all(re.fullmatch(each, line, flags) is not None for each in o.pattern)
        and not any(fold(each) in text for each in o.forbid if each)
        and (o.only is None or set(text) <= set(fold(o.only)))
        and len(line) >= (o.length or o.min_length or 0)
    )


def longest_of(source, o):
    """Maximum length of a sampled line, in characters."""
    longest = source.longest
    if len(o.prefix) >= longest and not o.ignore_case:
        longest += len(o.prefix)
    return o.length or o.max_length or longest


class NearTieError(Exception):
    """The set of characters kept by top-k or top-p depends on rounding errors of a network."""


def shaped(log_probs, temperature, top_k, top_p, is_rounded):
    """(n, V) float64: distributions after temperature, top-k and top-p; ties are broken by id.

    Raises:
        NearTieError: the rows are of a network, whose last digits depend on the other rows of the
            batch, and a kept character is as probable, within these digits, as one that is not.
    """
    logits = np.asarray(log_probs, np.float64) / temperature
    rows = np.exp(logits - logits.max(axis=1, keepdims=True))
    for row in rows:
        order = sorted(range(len(row)), key=lambda i: (-row[i], i))
        ordered = row[order]
        kept = len(order) if top_k is None else min(top_k, len(order))
        if top_p is not None:
            shares = np.cumsum(ordered[:kept]) / ordered[:kept].sum()
            if is_rounded and np.abs(shares[:-1] - top_p).min(initial=1.0) < 1e-5:
                raise NearTieError
            kept = min(kept, 1 + int((shares < top_p).sum()))
        if is_rounded and kept < len(order) and ordered[kept] > (1 - 1e-5) * ordered[kept - 1]:
            raise NearTieError
        row[order[kept:]] = 0.0
    return rows / rows.sum(axis=1, keepdims=True)


def line_probs(source, o, longest, of_prefix=(1.0, None, None)):
    """Enumerate all lines up to a length, including blank and untrimmed ones.

    Args:
        source: a fitted model with its vocabulary and label priors.
        o: options, of which the label, the prefix, the temperature, top_k and top_p are used.
        longest: maximum length, in characters.
        of_prefix: (temperature, top_k, top_p) for the characters of the prefix; None if each label
            keeps its prior after the prefix.

    Returns:
        {line: p(line)}, and {prefix of a line: its probability}.

    Raises:
        NearTieError: see `shaped`.
    """
    model, vocabulary = source.model, source.vocabulary
    labels, shares = vocabulary.labels, source.label_shares.tolist()
    if o.label is not None or not labels:
        labels, shares = [o.label], [1.0]
    is_rounded = not model.has_exact_rows
    lines, starts = Counter(), Counter()
    ids = np.arange(1, len(vocabulary), dtype=np.int32)
    for label, share in zip(labels, shares, strict=True):
        log_probs, state = model.start(1, None if label is None else vocabulary.label_id(label))
        texts, mass = [""], np.array([share])
        for length in range(longest + 1):
            rows = shaped(log_probs, o.temperature, o.top_k, o.top_p, is_rounded)
            starts.update(dict(zip(texts, mass.tolist(), strict=True)))
            lines.update(dict(zip(texts, (mass * rows[:, 0]).tolist(), strict=True)))
            if length < len(o.prefix) and not o.ignore_case:
                rows = np.ones_like(rows)
                if of_prefix is not None:
                    rows = shaped(log_probs, *of_prefix, is_rounded)
            if length < longest:
                texts = [text + character for text in texts for character in vocabulary.characters]
                mass = (mass[:, None] * rows[:, 1:]).ravel()
                parents = np.repeat(np.arange(len(rows)), len(ids))
                log_probs, state = model.step(np.tile(ids, len(rows)), state[parents])
    return lines, starts


def selected_probs(source, o):
    """Return {line: p(line) / p(selected)} of the selected lines, and p(selected | the prefix).

    A prefix is accepted even if top-k and top-p exclude it under every label; then only the
    temperature applies to it. If it is impossible under every label, labels keep their priors.
    """
    longest = longest_of(source, o)
    for of_prefix in ((o.temperature, o.top_k, o.top_p), (o.temperature, None, None), None):
        lines, starts = line_probs(source, o, longest, of_prefix)
        given = 1.0 if o.ignore_case else starts[o.prefix]
        if given > 0:
            break
    chosen = {line: p for line, p in lines.items() if p > 0 and is_selected(line, o)}
    total = sum(chosen.values())
    return {line: p / total for line, p in chosen.items()}, total / given


def without(probs, excluded):
    """Return the distribution of the remaining lines after some are excluded."""
    left = {line: p for line, p in probs.items() if line not in excluded}
    return {line: p / sum(left.values()) for line, p in left.items()}


def assert_drawn_from(probs, drawn, slack=0.0):
    """Check that independent draws follow a distribution; a correct sampler fails 1 in 10^8 checks.

    Draws are compared as whole lines and by coarser features, in which an error is detected with
    fewer draws. With D the Kullback-Leibler divergence of the observed shares from k true ones,
    and n draws,

        P(D >= d)  <=  (e n d / (k - 1))^(k - 1) e^(-n d)

    Source: Agrawal (2020), "Finite-sample concentration of the multinomial in relative entropy",
    arXiv 1904.02291: the moment generating function of D is at most that of a gamma distribution
    with shape k - 1 and rate n; this is the Chernoff bound of that.

    Args:
        probs: {line: probability}.
        drawn: the lines drawn.
        slack: total variation distance that an approximate sampler may have.
    """
    assert set(drawn) <= set(probs), sorted(set(drawn) - set(probs))[:5]
    often = sorted(probs, key=lambda line: -probs[line])[:12]
    views = {
        "line": lambda line: line if line in often else None,
        "first character": lambda line: line[0],
        "last character": lambda line: line[-1],
        "length": len,
        "second character": lambda line: line[1:2],
    }
    for name, view in views.items():
        expected, observed = Counter(), Counter(view(line) for line in drawn)
        for line, p in probs.items():
            expected[view(line)] += p
        assert_shares(expected, observed, slack, f"{name}: {observed} for {expected}")


def assert_shares(expected, observed, slack, message):
    """Check observed counts against probabilities; see `assert_drawn_from`."""
    n, k = observed.total(), len(expected)
    if slack:  # the expected distance of the shares plus five standard deviations
        noise = sum(math.sqrt(max(p * (1 - p), 0.0) / n) for p in expected.values()) / 2
        noise += 2.5 / math.sqrt(n)
        distance = sum(abs(observed[key] / n - p) for key, p in expected.items()) / 2
        assert distance <= slack + noise, message
        return
    divergence = sum(c / n * math.log(c / n / expected[key]) for key, c in observed.items())
    excess = n * divergence / max(k - 1, 1)
    if excess > 1:
        log_p = (k - 1) * (1 + math.log(excess)) - n * divergence
        assert log_p > -20, f"one in e^{-log_p:.0f}: {message}"
