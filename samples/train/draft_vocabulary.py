"""A secondary's head with fewer tokens than the primary has: the frequent ones."""

import numpy as np
import torch
from torch import Tensor

from objectives import IGNORED


class DraftVocabulary:
    """`ids`: the primary's id of each row of the head, ascending, (rows) I64; PAIR.json calls this map `draft_to_target`."""

    def __init__(self, ids: Tensor, vocabulary: int):
        self.ids, self.vocabulary = ids, vocabulary
        self.rows = torch.full((vocabulary,), IGNORED, device=ids.device)
        self.rows[ids] = torch.arange(len(ids), device=ids.device)

    @classmethod
    def frequent(cls, tokens: np.ndarray, vocabulary: int, size: int, always: list[int]) -> "DraftVocabulary":
        """The tokens that occur most often, those of `always` (the ends of texts) in any case."""
        counts = np.bincount(tokens, minlength=vocabulary)
        counts[always] = counts.max() + 1
        order = np.argsort(-counts, kind="stable")[:size]
        return cls(torch.from_numpy(np.sort(order)), vocabulary)

    def labels(self, next_ids: Tensor) -> Tensor:
        return self.rows[next_ids]

    def expanded(self, logits: Tensor) -> Tensor:
        """Logits of all of the primary's tokens; those that the head lacks have probability 0."""
        out = torch.full((*logits.shape[:-1], self.vocabulary), -1e30, device=logits.device)
        out[..., self.ids] = logits.float()
        return out
