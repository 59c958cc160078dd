"""What trained secondaries are worth on texts held out: the paper's Table 1, and how many drafted tokens are accepted."""

import dataclasses

import torch
from torch import Tensor, nn

import generation
from decoder import Decoder
from draft_vocabulary import DraftVocabulary
from objectives import measure
from pairs import Pair
from secondaries import logits
from tandem import own_from, taps
from teachers import LiveTeacher


@torch.no_grad()
def table(models: dict[str, nn.Module], teacher: LiveTeacher, windows, blocks: tuple[int, ...],
          vocabulary: DraftVocabulary | None = None) -> dict[str, dict[str, float]]:  # fmt: skip
    """Means over all positions of the windows: a row for the primary, a row for each drafter alone, one a tandem and block length.

    `windows` yields batches of (batch, length + 1) ids; models compute in the precision that they have.
    """
    sums: dict[str, dict[str, float]] = {}
    counts: dict[str, dict[str, int]] = {}
    for batch in windows:
        lesson = teacher.of(batch)
        rows = {"primary": lesson.teacher.clamp(min=1e-30).log()}
        positions = torch.arange(lesson.ids.shape[1], device=lesson.ids.device)
        for name, model in models.items():
            if isinstance(model, Decoder):
                rows[name] = model(lesson.ids)
                continue
            for block in blocks:
                first = own_from(positions, block, model.reading.boundary).expand_as(lesson.ids)
                rows[f"{name}, block {block}"] = logits(model, lesson, teacher.layers, first)
        for row, out in rows.items():
            if vocabulary and row != "primary":
                out = vocabulary.expanded(out)
            for metric, values in measure(out, lesson).items():
                known = values[~values.isnan()].double()
                sums.setdefault(row, {}).setdefault(metric, 0.0)
                counts.setdefault(row, {}).setdefault(metric, 0)
                sums[row][metric] += known.sum().item()
                counts[row][metric] += known.numel()
    return {row: {metric: total / counts[row][metric] for metric, total in numbers.items()} for row, numbers in sums.items()}


@dataclasses.dataclass
class Speculation:
    """Verified blocks over several texts."""

    texts: int
    tokens: int
    primary_passes: int
    drafted: int
    accepted: int

    def summary(self, cost_ratio: float) -> dict[str, float]:
        """`speedup` leaves out everything but the models' multiplications, for which a block costs the primary what a token does."""
        return {
            "drafted a block": self.drafted / (self.primary_passes - self.texts),
            "accepted a block": self.accepted / (self.primary_passes - self.texts),
            "acceptance": self.accepted / self.drafted,
            "tokens a primary pass": self.tokens / self.primary_passes,
            "speedup": self.tokens / (self.primary_passes + cost_ratio * self.drafted),
        }


@torch.no_grad()
def speculate(pair: Pair, texts: list[tuple[list[int], list[int]]], block: int, threshold: float | None = None) -> Speculation:
    """The blocks that `generation.speculative` verifies when it writes the primary's own texts, given as (prompt, written).

    Accepted tokens are the primary's, so that one pass over the written text shows a block's whole draft up to the first that is not.
    """
    total = Speculation(len(texts), 0, len(texts), 0, 0)
    for prompt, written in texts:
        ids = prompt + written
        tokens = torch.tensor([ids])
        states = None if pair.tandem is None else taps(pair.primary, pair.primary.states(tokens), pair.tandem.reading)
        alone = generation.secondary_logits(pair, ids) if states is None else None
        at = len(prompt) + 1
        while at < len(ids):
            end = min(at - 1 + block, len(ids) - 1)
            out = alone[at - 1 : end] if states is None else block_logits(pair, ids, states, at - 1, end)
            agrees = (pair.tokens(out.argmax(-1)) == tokens[0, at : end + 1]).tolist() + [True] * (block - (end - at + 1))
            drafted = block if threshold is None else stop(pair, out, threshold, block)
            accepted = next((place for place, good in enumerate(agrees[:drafted]) if not good), drafted)
            if accepted < drafted and threshold is not None:
                # Behind a token that is not the primary's the draft goes its own way; the router's word on it needs that way.
                drafted = len(generation.draft(pair, ids[:at], at - 1, block, threshold)[0])
            total.primary_passes += 1
            total.drafted += drafted
            total.accepted += accepted
            at += accepted + 1
        total.tokens += at - len(prompt)
    return total


def block_logits(pair: Pair, ids: list[int], states: list[Tensor], begin: int, end: int) -> Tensor:
    """Of the positions from `begin` to before `end`, when the primary has processed those before `begin`."""
    tokens = torch.tensor([ids[:end]])
    first = torch.full((1, end), begin)
    return pair.tandem(tokens, [state[:, :end] for state in states], first)[0, begin:]


def stop(pair: Pair, out: Tensor, threshold: float, block: int) -> int:
    """How many tokens are drafted until the router asks for the primary."""
    return next((place + 1 for place in range(len(out)) if generation.disagreement(pair, out[place]) >= threshold), block)


def prompts(held_out, count: int, length: int) -> list[list[int]]:
    """Beginnings of windows spread over the held-out texts, each behind the begin mark."""
    stride = (len(held_out) - length) // count
    return [[0, *map(int, held_out[place * stride : place * stride + length - 1])] for place in range(count)]


@torch.no_grad()
def greedy_texts(primary: Decoder, beginnings: list[list[int]], count: int) -> list[tuple[list[int], list[int]]]:
    """The primary's greedy texts behind prompts of one length, all at once."""
    tokens = torch.tensor(beginnings)
    length = tokens.shape[1]
    for _ in range(count):
        tokens = torch.cat([tokens, primary(tokens)[:, -1:].argmax(-1)], 1)
    return [(row[:length], row[length:]) for row in tokens.tolist()]
