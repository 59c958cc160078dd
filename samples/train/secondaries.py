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


# Where a secondary begins that writes with the primary's head: the share of the primary's confidence that one has which sees none of its
# answers, the scale of what a tandem attends to, beside which a token's own embedding is faint, and that of the constant part of queries
# and keys.
HESITATION, LOUDNESS, SHARPNESS = 0.25, 8.0, 10.0


@dataclasses.dataclass(frozen=True)
class Variant:
    """A secondary to be trained: without a `reading` it works alone, as the drafter that tandems are compared with.

    `blocks` are lengths, of which each sequence takes one by chance. From `distils_from` (a share of all steps) on, the loss is that of
    Tandem-Distil's second stage; 1 is Tandem-CE. One that `borrows` is as wide as the primary, and reads and writes tokens through its
    embedding, which stays as it is.
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
    """One that has the primary's embedding as its own and as its head, and begins by passing on what it attends to of the last state."""
    decoder.embed_tokens.weight.copy_(teacher.embedding).requires_grad_(False)
    if decoder.lm_head is not None:
        decoder.lm_head.weight.copy_(teacher.embedding[teacher.head_ids]).requires_grad_(False)
    decoder.norm.weight.copy_(HESITATION * teacher.final_norm)
    if not variant.reading:
        return decoder
    tandem = Tandem(decoder, teacher.width, variant.reading)
    assert variant.shape.heads == variant.shape.shared_heads, "values of shared heads cannot be the state as it is"
    attention = decoder.layers[-1].self_attn
    for matrix in tandem.projections[-1], attention.v_proj, attention.o_proj:
        nn.init.eye_(matrix.weight)
    if variant.reading.final_norm and variant.reading.layer_map[-1] == teacher.layers:
        # The state as it was before the final norm's weights, with which the secondary's own norm ends.
        tandem.projections[-1].weight.div_(teacher.final_norm)
    # Where no position sees itself, the other beginning is slower to learn from.
    if variant.reading.boundary == "paper":
        trusts_primary(tandem, teacher)
    return tandem


def trusts_primary(tandem: Tandem, teacher: Teacher) -> None:
    """The last position of a block sees what the primary's head makes its answer of. It begins by looking at that, louder than at the
    token's own embedding, along which the head would write that token again."""
    tandem.secondary.norm.weight.copy_(teacher.final_norm)
    tandem.secondary.layers[-1].self_attn.o_proj.weight.mul_(LOUDNESS)
    looks_at_nearest(tandem, teacher.lesson(0), teacher.layers)


def looks_at_nearest(tandem: Tandem, lesson: Lesson, layers: int) -> None:
    """Every head begins by looking at the nearest position, whatever it says: half of them at a projected one, the others at whichever is
    nearer, a position's own token if it sees that.

    Queries and keys get a constant part, along directions in which all of a kind are alike, in each rotary pair the more the faster it
    turns. Its product is largest where the angles are equal, and for half of the heads negative for the secondary's own keys.
    """
    decoder, layer = tandem.secondary, tandem.secondary.layers[-1]
    tap = tapped(lesson, tandem.reading, layers)[-1].cpu().float()
    own, projected = layer.input_layernorm(decoder.embed_tokens(lesson.ids.cpu())).flatten(0, -2), tandem.projected(-1, tap).flatten(0, -2)
    ones = torch.ones(len(own))
    query, both = constant(own, ones), torch.cat([projected, own])
    to_projected, to_nearer = constant(both, torch.cat([ones, -ones])), constant(both, torch.cat([ones, ones]))
    heads = decoder.shape.heads
    keys = torch.stack([to_projected if head < (heads + 1) // 2 else to_nearer for head in range(heads)])
    turns = SHARPNESS * decoder.rotation(torch.tensor([1])).sqrt().T
    for matrix, directions in (layer.self_attn.q_proj, query.expand(heads, -1)), (layer.self_attn.k_proj, keys):
        # The first element of each rotary pair; the second begins at zero.
        pairs = matrix.weight.view(heads, 2, len(turns), -1)
        pairs[:, 0] += turns * directions[:, None]


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
