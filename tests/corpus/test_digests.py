from hashlib import blake2b

import numpy as np
from hypothesis import given, settings
from hypothesis import strategies as st

from makemore.corpus.lines import Lines, line_digests


def test_digests_are_stable():
    # Model files store digests: with others, every stored model would fail to recognise its lines.
    found = line_digests([b"", b"anna", "jos\u00e9".encode()])
    assert [f"{d:016x}" for d in found.tolist()] == [
        "e4a6a0577479b2b4",
        "d04474cc4b844a8c",
        "a958ba9438ba96eb",
    ]
    assert found.dtype == np.uint64


@given(st.lists(st.binary(max_size=40), max_size=10))
@settings(deadline=None, max_examples=100)
def test_a_digest_is_blake2b_of_eight_bytes_read_big_endian(encoded):
    expected = [int.from_bytes(blake2b(b, digest_size=8).digest(), "big") for b in encoded]
    assert line_digests(encoded).tolist() == expected


def test_digests_accept_any_iterable_of_bytes():
    words = [b"anna", b"ben"]
    assert line_digests(iter(words)).tolist() == line_digests(words).tolist()
    assert line_digests([]).tolist() == []


def test_a_digest_does_not_depend_on_the_unicode_normalisation_form():
    decomposed = line_digests(Lines.from_strings([" Jose\u0301"]).to_bytes())
    composed = line_digests(["Jos\u00e9".encode()])
    assert decomposed.tolist() == composed.tolist()


def test_the_distinct_bundled_names_have_distinct_digests(us_names):
    assert len(set(line_digests(us_names.to_bytes()).tolist())) == len(us_names.distinct_indices())
