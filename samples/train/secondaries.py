"""Trains secondaries of one frozen primary, several at once: each batch of the primary's states serves them all."""

import dataclasses
import pathlib
from collections.abc import Callable

import numpy as np
import torch
from torch import Tensor, nn

import storage
from decoder import Decoder, Shape
from objectives import Lesson, loss
from pairs import read_pair
from precision import autocast
from tandem import Reading, Tandem, own_from
from teachers import Teacher
from trainer import Optimizers, Schedule


# Where a secondary begins that writes with the primary's head: the share of the primary's confidence that one has which sees none of its
# answers, the scale of what a last layer passes on, beside which all before is faint, and that of the constant part of queries and keys.
HESITATION, LOUDNESS, SHARPNESS = 0.25, 8.0, 10.0


@dataclasses.dataclass(frozen=True)
class Variant:
    """A secondary to be trained: without a `reading` it works alone, as the drafter that tandems are compared with.

    `blocks` are lengths, of which each sequence takes one by chance. From `distils_from` (a share of all steps) on, the part `balance` of
    the loss is the primary's distribution, the rest the text: Tandem-Distil's second stage, with λ = 0.5 as in the paper; a share of 1 is
    Tandem-CE. One that `borrows` is as wide as the primary, and reads and writes tokens through its embedding, which stays as it is, or
    with `learns_words` is where that of its own begins.
    """

    shape: Shape
    reading: Reading | None
    blocks: tuple[int, ...] = (2,)
    distils_from: float = 0.25
    balance: float = 0.5
    borrows: bool = False
    learns_words: bool = False


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
def borrow(model: nn.Module, teacher: Teacher) -> None:
    """Gives a secondary the primary's embedding as its own and as its head, which stay as they are."""
    decoder = model if isinstance(model, Decoder) else model.secondary
    decoder.embed_tokens.weight.copy_(teacher.embedding).requires_grad_(False)
    if decoder.lm_head is not None:
        decoder.lm_head.weight.copy_(teacher.embedding[teacher.head_ids]).requires_grad_(False)


@torch.no_grad()
def borrowing(variant: Variant, decoder: Decoder, teacher: Teacher) -> nn.Module:
    """One that begins with the primary's embedding and head, and reads its states as they are."""
    borrow(decoder, teacher)
    decoder.embed_tokens.weight.requires_grad_(variant.learns_words)
    decoder.norm.weight.copy_(HESITATION * teacher.final_norm)
    if not variant.reading:
        return decoder
    tandem = Tandem(decoder, teacher.width, variant.reading)
    for at, projection in zip(variant.reading.layer_map, tandem.projections, strict=True):
        nn.init.eye_(projection.weight)
        if variant.reading.final_norm and at == teacher.layers:
            # As they were before the final norm's weights: the secondary's own norm ends with these.
            projection.weight.div_(teacher.final_norm)
    if trusts_primary(variant):
        pass_on(tandem, teacher)
    return tandem


def trusts_primary(variant: Variant) -> bool:
    """Whether its last layer begins with passing the primary's states on."""
    return variant.borrows and variant.reading is not None and variant.reading.boundary == "paper"


def passing_on(variant: Variant, model: nn.Module) -> tuple[Tensor, ...]:
    """The weights between a state of the primary and the head, of which that state is the answer only as long as they hardly change."""
    if not trusts_primary(variant):
        return ()
    layer = model.secondary.layers[-1]
    matrices = (model.projections[-1], layer.self_attn.v_proj, layer.self_attn.o_proj)
    return tuple(part.weight for part in (*matrices, layer.input_layernorm, model.secondary.norm))


def pass_on(tandem: Tandem, teacher: Teacher) -> None:
    """The last position of a block sees its own state of the primary, which the head makes the primary's answer of. The last layer begins
    as a choice: such a position passes that state on, any other what the layers before it found, in other channels, because along a
    token's own embedding the head would write that token again.
    """
    decoder, projection = tandem.secondary, tandem.projections[-1].weight
    layer, width = decoder.layers[-1], len(projection)
    assert decoder.shape.heads == decoder.shape.shared_heads, "values of shared heads cannot be the state as it is"
    channels = torch.arange(width).roll(width // 2)
    projection.copy_(projection[channels])
    layer.self_attn.v_proj.weight.copy_(torch.eye(width)[channels].T)
    layer.self_attn.o_proj.weight.copy_(LOUDNESS * torch.eye(width))
    decoder.norm.weight.copy_(teacher.final_norm)
    looks_at_itself(tandem, teacher.lesson(0), teacher.layers)


def looks_at_itself(tandem: Tandem, lesson: Lesson, layers: int) -> None:
    """In the last layer each position begins by looking at itself: at its own projected state, or at its own key if it sees that.

    Queries and keys get a constant part, along directions in which all of a kind are alike, in each rotary pair the more the faster it
    turns. Its product is largest where the angles are equal, and twice as large for the secondary's own keys: there the projected states
    before them would be the nearest otherwise.
    """
    decoder, layer = tandem.secondary, tandem.secondary.layers[-1]
    tap, ids = tapped(lesson, tandem.reading, layers)[-1].cpu().float(), lesson.ids.cpu()
    y, rotation = decoder.embed_tokens(ids), decoder.rotation(torch.arange(ids.shape[1]))
    for before in decoder.layers[:-1]:
        y = before(y, rotation)
    own, projected = layer.input_layernorm(y).flatten(0, -2), tandem.projected(-1, tap).flatten(0, -2)
    ones = torch.ones(len(own))
    query, key = constant(own, ones), constant(torch.cat([projected, own]), torch.cat([ones, 2 * ones]))
    turns = SHARPNESS * decoder.rotation(torch.tensor([1])).sqrt().T
    for matrix, direction in (layer.self_attn.q_proj, query), (layer.self_attn.k_proj, key):
        # The first element of each rotary pair; the second begins at zero.
        pairs = matrix.weight.view(decoder.shape.heads, 2, len(turns), -1)
        pairs[:, 0] += turns * direction


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
        return model(lesson.ids, lesson.kept)
    return model(lesson.ids, tapped(lesson, model.reading, layers), first, lesson.kept)


class SecondariesTask:
    def __init__(self, variants: dict[str, Variant], teacher: Teacher, schedule: Schedule, device: str, rate: float = 1e-2,
                 seed: int = 2):  # fmt: skip
        self.variants, self.teacher = variants, teacher
        self.schedule, self.device, self.seed = schedule, device, seed
        self.models, self.optimizers = {}, {}
        for name, variant in variants.items():
            torch.manual_seed(seed)
            self.models[name] = build(variant, teacher).to(device)
            self.optimizers[name] = Optimizers(self.models[name], rate, passing_on(variant, self.models[name]))

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
            value = loss(out, lesson, variant.balance if distils else 0.0)
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


def begin(task: SecondariesTask, folder: pathlib.Path, primary: pathlib.Path | None = None) -> None:
    """Gives the weights of an exported pair: of `pair.json` to tandems, of `speed.json` to drafters. `primary` as `read_pair` has it."""
    drafter, tandem = read_pair(folder / "speed.json", primary).drafter, read_pair(folder / "pair.json", primary).tandem
    for name, model in task.models.items():
        variant = task.variants[name]
        if variant.reading and variant.reading != tandem.reading:
            raise SystemExit(f"{name} cannot begin with {folder / 'pair.json'}: it has {variant.reading}, the file {tandem.reading}; "
                             "--only names those to be trained")  # fmt: skip
        model.load_state_dict((drafter if isinstance(model, Decoder) else tandem).state_dict())
        if variant.borrows and not variant.learns_words:
            # The primary may have been trained further since.
            borrow(model, task.teacher)


def restored(path: pathlib.Path, variants: dict[str, Variant], build: Callable[[dict[str, Variant]], SecondariesTask]) -> dict:
    """The models of those variants that the checkpoint has, by name."""
    saved = storage.load(path)["task"]
    task = build({name: variant for name, variant in variants.items() if name in saved})
    task.restore(saved)
    return task.models
