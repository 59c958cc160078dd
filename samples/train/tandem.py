"""The tandem forward pass: equations 1 and 2 of arXiv 2402.08644.

The paper's names: x_i^(j), y_i^(j) are the states of token i after layer j of the primary and the secondary, l(j) the layer map,
FF_Tandem^(j) the projections. Positions here count from 0.
"""

import dataclasses

import torch
from torch import Tensor, nn

from decoder import Decoder


@dataclasses.dataclass(frozen=True)
class Reading:
    """Which states of the primary the secondary reads, and how: the choices that equation 2 leaves open.

    `layer_map[j]` is l(j), the number of primary layers that a state has passed; `PAIR.json` records every field.
    """

    layer_map: tuple[int, ...]
    final_norm: bool = True
    projected_norm: bool = True
    bias: bool = False
    boundary: str = "block"


def own_from(positions: Tensor, block: int, boundary: str, shift: int | Tensor = 0) -> Tensor:
    """The first position that each position sees through the secondary; it sees all before through the primary.

    `block`: the first of the position's own block. `paper`: equation 2 with positions from 1, k = floor(i / block) · block, so that
    the last of a block sees all of it, itself included, through the primary. A `block` of 0 stands for infinity, the secondary alone.
    `shift` moves the blocks: the first one ends before position `block - shift`.
    """
    if block == 0:
        return torch.zeros_like(positions + shift)
    last_counts = 1 if boundary == "paper" else 0
    return ((positions + shift + last_counts) // block * block - shift).clamp(min=0)


def block_mask(first: Tensor) -> Tensor:
    """Which keys each query sees: (…, tokens) to (…, tokens, 2 · tokens), own keys, then projected ones."""
    positions = torch.arange(first.shape[-1], device=first.device)
    is_before = positions < first[..., None]
    return torch.cat([~is_before & (positions <= positions[:, None]), is_before], -1)


def taps(primary: Decoder, states: list[Tensor], reading: Reading) -> list[Tensor]:
    """x^(l(j)) for each layer j of the secondary, from x^(0) to x^(L)."""
    last = len(states) - 1
    return [primary.norm(states[at]) if at == last and reading.final_norm else states[at] for at in reading.layer_map]


class Tandem(nn.Module):
    """A secondary and its projections."""

    def __init__(self, secondary: Decoder, primary_width: int, reading: Reading):
        super().__init__()
        width = secondary.shape.width
        self.secondary, self.reading = secondary, reading
        self.projections = nn.ModuleList(nn.Linear(primary_width, width, bias=reading.bias) for _ in reading.layer_map)
        for projection in self.projections:
            nn.init.normal_(projection.weight, std=primary_width**-0.5)
            if reading.bias:
                nn.init.zeros_(projection.bias)

    def projected(self, layer: int, tap: Tensor) -> Tensor:
        """What the keys and values of earlier blocks are made of: ŷ^(j), behind the secondary's norm if it passes that."""
        y = self.projections[layer](tap)
        return self.secondary.layers[layer].input_layernorm(y) if self.reading.projected_norm else y

    def forward(self, ids: Tensor, taps: list[Tensor], first: Tensor, kept: Tensor | None = None) -> Tensor:
        """Logits of every position, or of those `kept`, in one pass: ids (batch, tokens), a tap a layer (batch, tokens, primary's width).

        Each layer has two keys for a position, its own and the projected one; `first` (`own_from`) says which a query sees.
        """
        mask = block_mask(first).unsqueeze(-3)
        rotation = self.secondary.rotation(torch.arange(ids.shape[1], device=ids.device))
        y = self.secondary.embed_tokens(ids)
        for j, layer in enumerate(self.secondary.layers):
            h = layer.input_layernorm(y)
            k, v = layer.self_attn.keys_and_values(h, rotation)
            projected_k, projected_v = layer.self_attn.keys_and_values(self.projected(j, taps[j]), rotation)
            q = layer.self_attn.queries(h, rotation)
            y = layer.after_attention(y, q, torch.cat([k, projected_k], 2), torch.cat([v, projected_v], 2), mask)
        return self.secondary.logits(y, kept)
