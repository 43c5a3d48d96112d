"""The clean lines among sampled ids: those that a cleaned list could have."""

from itertools import compress
from unicodedata import is_normalized

import numpy as np
from numpy.typing import NDArray

from makemore.corpus.vocabulary import BOUNDARY, Vocabulary


def clean_lines(
    ids: NDArray[np.int32], vocabulary: Vocabulary, prefix: NDArray[np.int32]
) -> tuple[list[str], NDArray[np.intp]]:
    """Return the clean lines and the indices of their rows in `ids`.

    Lines that have not ended, blank lines, lines with a space at either end and lines that are not
    in NFC are left out: no cleaned list has them.

    Args:
        ids: (n, T) ids after the prefix, zero from the end of a line on.
        vocabulary: the model's vocabulary.
        prefix: (p,) ids that every line starts with.
    """
    full = np.concatenate([np.tile(prefix, (len(ids), 1)), ids], axis=1)
    length = np.count_nonzero(full, axis=1)
    is_space = np.array([True, *map(str.isspace, vocabulary.characters)])  # id 0: a blank line
    first, last = full[:, 0], full[np.arange(len(full)), np.maximum(length, 1) - 1]
    is_clean = (full[:, -1] == BOUNDARY) & ~is_space[first] & ~is_space[last]
    is_text = np.arange(full.shape[1]) <= length[:, None]  # with one boundary as separator
    codes = vocabulary.decode(full[is_text & is_clean[:, None]])
    lines, indices = codes.tobytes().decode("utf-32-le").split("\n")[:-1], np.flatnonzero(is_clean)
    if vocabulary.may_compose:
        is_nfc = [is_normalized("NFC", line) for line in lines]
        return list(compress(lines, is_nfc)), indices[np.array(is_nfc, bool)]
    return lines, indices
