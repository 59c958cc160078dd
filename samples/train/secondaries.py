"""Trains secondaries of one frozen primary, several at once: each batch of the primary's states serves them all."""

import dataclasses

import numpy as np
import torch
from torch import Tensor, nn

from decoder import Decoder, Shape
from objectives import Lesson, loss
from precision import autocast
from tandem import Reading, Tandem, own_from
from teachers import Teacher
from trainer import Optimizers, Schedule


# Where a tandem begins whose positions see themselves: the scale of its last norm (SmolLM2's is 2), of what it attends to, and of the
# constant part of queries and keys, by which 85 % of a head's attention is on the nearest state.
CONFIDENCE, LOUDNESS, SHARPNESS = 1.0, 8.0, 4.0


@dataclasses.dataclass(frozen=True)
class Variant:
    """A secondary to be trained: without a `reading` it works alone, as the drafter that tandems are compared with.

    `blocks` are lengths, of which each sequence takes one by chance. From `distils_from` (a share of all steps) on, the loss is that of
    Tandem-Distil's second stage; 1 is Tandem-CE. One that `borrows` is as wide as the primary and reads tokens through its embedding,
    which stays as it is.
    """

    shape: Shape
    reading: Reading | None
    blocks: tuple[int, ...] = (2,)
    distils_from: float = 0.25
    borrows: bool = False


def build(variant: Variant, teacher: Teacher) -> nn.Module:
    """A secondary that begins with what its primary knows about words: embedding and head are the primary's embedding in its principal
    directions, projections lead to the same directions."""
    decoder = Decoder(variant.shape)
    if variant.borrows:
        return borrowing(variant, decoder, teacher)
    directions = principal_directions(teacher.embedding, variant.shape.width)
    words = teacher.embedding @ directions.T
    words = words * (0.02 / words.std())
    with torch.no_grad():
        decoder.embed_tokens.weight.copy_(words)
        if decoder.lm_head is not None:
            decoder.lm_head.weight.copy_(words[teacher.head_ids])
        if not variant.reading:
            return decoder
        tandem = Tandem(decoder, teacher.width, variant.reading)
        for projection in tandem.projections:
            projection.weight.copy_(directions)
    return tandem


@torch.no_grad()
def borrowing(variant: Variant, decoder: Decoder, teacher: Teacher) -> nn.Module:
    """One that has the primary's embedding, begins with its head, and carries what it attends to of the primary's last state as it is."""
    decoder.embed_tokens.weight.copy_(teacher.embedding).requires_grad_(False)
    if decoder.lm_head is not None:
        decoder.lm_head.weight.copy_(teacher.embedding[teacher.head_ids])
    # As confident as the primary's head would be of what is far from its states yet, it would have to forget first.
    decoder.norm.weight.fill_(0.5)
    if not variant.reading:
        return decoder
    tandem = Tandem(decoder, teacher.width, variant.reading)
    assert variant.shape.heads == variant.shape.shared_heads, "values of shared heads cannot be the state as it is"
    layer = decoder.layers[-1]
    for matrix in tandem.projections[-1], layer.self_attn.v_proj, layer.self_attn.o_proj:
        nn.init.eye_(matrix.weight)
    # Where no position sees itself, the other beginning is slower to learn from.
    if variant.reading.boundary == "paper":
        trusts_primary(tandem, teacher.lesson(0), teacher.layers)
    return tandem


def trusts_primary(tandem: Tandem, lesson: Lesson, layers: int) -> None:
    """The last position of a block sees what the primary's head makes its answer of. It begins by looking at that, louder than at the
    token's own embedding, along which the head would write that token again."""
    decoder = tandem.secondary
    layer = decoder.layers[-1]
    decoder.norm.weight.fill_(CONFIDENCE)
    layer.self_attn.o_proj.weight.mul_(LOUDNESS)
    own, projected = decoder.embed_tokens(lesson.ids.cpu()), tapped(lesson, tandem.reading, layers)[-1].cpu().float()
    looks_at_nearest(layer.self_attn, *(layer.input_layernorm(x).flatten(0, -2) for x in (own, projected)))


def looks_at_nearest(attention: nn.Module, own: Tensor, projected: Tensor) -> None:
    """Every head begins by looking at the nearest of the projected states, whatever they say; both (tokens, width).

    Queries and keys get a constant part: along directions in which all of a kind are alike. Its product is largest where the rotary
    angles are equal, and negative for the secondary's own keys.
    """
    ones = torch.ones(len(own))
    query = constant(own, ones)
    key = constant(torch.cat([projected, own]), torch.cat([ones, -ones]))
    for matrix, direction in (attention.q_proj, query), (attention.k_proj, key):
        # The first element of each rotary pair; the second begins at zero.
        pairs = matrix.weight.view(-1, 2, attention.head_size // 2, matrix.weight.shape[1])
        pairs[:, 0] += SHARPNESS * direction


def constant(x: Tensor, wanted: Tensor, ridge: float = 1e-2) -> Tensor:
    """The direction along which each row of x is nearest to what is wanted of it; (width)."""
    return torch.linalg.solve(x.T @ x / len(x) + ridge * torch.eye(x.shape[1]), x.T @ wanted / len(x))


def principal_directions(embedding: Tensor, count: int) -> Tensor:
    """Orthonormal, of most variance first; (count, width)."""
    _, vectors = torch.linalg.eigh(embedding.T.double() @ embedding.double())
    return vectors[:, -count:].flip(1).T.to(embedding.dtype)


def tapped(lesson: Lesson, reading: Reading, layers: int) -> list[Tensor]:
    return [lesson.states[-1 if at == layers and reading.final_norm else at] for at in reading.layer_map]


def logits(model: nn.Module, lesson: Lesson, layers: int, first: Tensor) -> Tensor:
    """Of a secondary alone, or of a tandem whose positions see their own from `first` on."""
    if isinstance(model, Decoder):
        return model(lesson.ids)
    return model(lesson.ids, tapped(lesson, model.reading, layers), first)


class SecondariesTask:
    def __init__(self, variants: dict[str, Variant], teacher: Teacher, schedule: Schedule, device: str, rate: float = 2e-3,
                 seed: int = 2):  # fmt: skip
        self.variants, self.teacher = variants, teacher
        self.schedule, self.device, self.seed = schedule, device, seed
        self.models, self.optimizers = {}, {}
        for name, variant in variants.items():
            torch.manual_seed(seed)
            self.models[name] = build(variant, teacher).to(device)
            self.optimizers[name] = Optimizers(self.models[name], rate)

    def first(self, variant: Variant, lesson: Lesson, step: int) -> Tensor:
        """Blocks of a length and at places drawn for each sequence, the same whenever the step is taken; (batch, tokens)."""
        generator = np.random.default_rng([self.seed, step])
        positions = torch.arange(lesson.ids.shape[1], device=self.device)
        rows = []
        for _ in range(lesson.ids.shape[0]):
            block = int(generator.choice(variant.blocks))
            rows.append(own_from(positions, block, variant.reading.boundary, int(generator.integers(block))))
        return torch.stack(rows)

    def step(self, number: int, rate: float) -> dict[str, float]:
        lesson = self.teacher.lesson(number)
        losses = {}
        for name, variant in self.variants.items():
            model = self.models[name]
            with autocast(self.device):
                first = self.first(variant, lesson, number) if variant.reading else None
                out = logits(model, lesson, self.teacher.layers, first)
            distils = number >= variant.distils_from * self.schedule.steps
            value = loss(out, lesson, distils)
            value.backward()
            self.optimizers[name].step(rate)
            losses[name] = value.item()
        return losses

    def state(self) -> dict:
        return {name: {"model": self.models[name].state_dict(), "optimizers": self.optimizers[name].state()} for name in self.variants}

    def restore(self, state: dict) -> None:
        if state.keys() != self.models.keys():
            raise SystemExit(f"the checkpoint has {', '.join(state)}, not {', '.join(self.models)}: train in another folder, or all of them")
        for name, part in state.items():
            self.models[name].load_state_dict(part["model"])
            self.optimizers[name].restore(part["optimizers"])
