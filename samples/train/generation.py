"""Greedy generation in each mode, as plain as it gets: every step begins from the tokens, nothing is cached.

These are what faster implementations are compared with. `ids` are lists of token ids, the prompt's begin mark included.
"""

import dataclasses

import torch
from torch import Tensor

from pairs import Pair
from tandem import own_from, taps


@dataclasses.dataclass
class Written:
    """What was written behind the prompt, and what it took. A block is (drafted, accepted); the primary's first pass reads the prompt."""

    ids: list[int]
    primary_passes: int = 0
    secondary_passes: int = 0
    blocks: list[tuple[int, int]] = dataclasses.field(default_factory=list)


# Logits ----------------------------------------------------------------------------------------------------------


@torch.no_grad()
def primary_logits(pair: Pair, ids: list[int]) -> Tensor:
    """(tokens, vocabulary): row i is about token i + 1."""
    return pair.primary(torch.tensor([ids]))[0]


@torch.no_grad()
def secondary_logits(pair: Pair, ids: list[int]) -> Tensor:
    """Of the secondary alone, without a primary's states: what a block without end gives. (tokens, rows of its head)"""
    decoder = pair.drafter or pair.tandem.secondary
    return decoder(torch.tensor([ids]))[0]


@torch.no_grad()
def tandem_logits(pair: Pair, ids: list[int], block: int) -> Tensor:
    """Of the tandem's secondary where the tokens are cut into blocks from position 0 on; a block of 0 never ends."""
    first = own_from(torch.arange(len(ids)), block, pair.tandem.reading.boundary)
    return _tandem(pair, ids, first)


@torch.no_grad()
def draft_logits(pair: Pair, ids: list[int], processed: int) -> Tensor:
    """About the token behind the last, when the primary has processed the first `processed` tokens; (vocabulary)."""
    if pair.tandem is None:
        return secondary_logits(pair, ids)[-1]
    return _tandem(pair, ids, torch.full((len(ids),), processed))[-1]


def _tandem(pair: Pair, ids: list[int], first: Tensor) -> Tensor:
    tokens = torch.tensor([ids])
    return pair.tandem(tokens, taps(pair.primary, pair.primary.states(tokens), pair.tandem.reading), first[None])[0]


# Modes -----------------------------------------------------------------------------------------------------------


def primary(pair: Pair, prompt: list[int], count: int) -> Written:
    out = Written([])
    for _ in range(count):
        out.ids.append(int(primary_logits(pair, prompt + out.ids)[-1].argmax()))
        out.primary_passes += 1
    return out


def secondary(pair: Pair, prompt: list[int], count: int) -> Written:
    out = Written([])
    for _ in range(count):
        out.ids.append(int(pair.tokens(secondary_logits(pair, prompt + out.ids)[-1].argmax())))
        out.secondary_passes += 1
    return out


def standalone(pair: Pair, prompt: list[int], count: int, block: int, free_token: bool) -> Written:
    """The tandem's secondary writes, nothing is verified (section 3, figures 2 and 4).

    With a free token each of the primary's passes, the prompt's too, also writes the next token. Without one the primary writes nothing:
    it reads all tokens but the last, which goes to the secondary; under the boundary `paper` it reads the last one too.
    """
    out = Written([])
    while len(out.ids) < count:
        ids = prompt + out.ids
        out.primary_passes += 1
        if free_token:
            out.ids.append(int(primary_logits(pair, ids)[-1].argmax()))
            processed = len(ids)
        else:
            processed = len(ids) - (pair.tandem.reading.boundary == "block")
        drafted, passes = draft(pair, prompt + out.ids, processed, block, None)
        out.ids += drafted
        out.secondary_passes += passes
        out.blocks.append((len(drafted), len(drafted)))
    out.ids = out.ids[:count]
    return out


def speculative(pair: Pair, prompt: list[int], count: int, block: int, threshold: float | None = None) -> Written:
    """SPEED, or Tandem + SPEED where the pair is a tandem: the primary's own greedy text, verified block by block.

    With a threshold the router ends a block early; `block` is then the longest.
    """
    out = Written([int(primary_logits(pair, prompt)[-1].argmax())], primary_passes=1)
    while len(out.ids) < count:
        ids = prompt + out.ids
        drafted, passes = draft(pair, ids, len(ids) - 1, block, threshold)
        out.secondary_passes += passes
        choices = primary_logits(pair, ids + drafted)[len(ids) - 1 :].argmax(-1).tolist()
        out.primary_passes += 1
        accepted = next((at for at, token in enumerate(drafted) if token != choices[at]), len(drafted))
        out.blocks.append((len(drafted), accepted))
        out.ids += drafted[:accepted] + [choices[accepted]]
    out.ids = out.ids[:count]
    return out


def draft(pair: Pair, ids: list[int], processed: int, block: int, threshold: float | None) -> tuple[list[int], int]:
    """At most `block` tokens behind `ids`, and the secondary's passes. The token at which the router stops is the last."""
    drafted: list[int] = []
    while len(drafted) < block:
        logits = draft_logits(pair, ids + drafted, processed)
        drafted.append(int(pair.tokens(logits.argmax())))
        if threshold is not None and disagreement(pair, logits) >= threshold:
            break
    return drafted, len(drafted)


@torch.no_grad()
def disagreement(pair: Pair, logits: Tensor) -> float:
    secondary = pair.drafter or pair.tandem.secondary
    return float(pair.router.disagreement(pair.router.features(logits, secondary.embed_tokens.weight, pair.head_ids)))
