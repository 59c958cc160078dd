"""The tandem's secondary with a cache of keys and values, a token at a time, as an engine runs it."""

import torch
from torch import Tensor

from tandem import Tandem


class Incremental:
    """Keys and values of all tokens so far: those that the primary has processed are made of its states, the others the secondary's own."""

    def __init__(self, tandem: Tandem):
        self.tandem = tandem
        layer = tandem.secondary.layers[0].self_attn
        empty = torch.zeros(1, tandem.secondary.shape.heads, 0, layer.head_size)
        self.keys = [empty] * tandem.secondary.shape.layers
        self.values = [empty] * tandem.secondary.shape.layers

    def read(self, begin: int, taps: list[Tensor]) -> None:
        """Overwrites what is known of positions from `begin` on by what the primary's states of them give; drops all behind those."""
        count = taps[0].shape[1]
        rotation = self.tandem.secondary.rotation(torch.arange(begin, begin + count))
        for j, layer in enumerate(self.tandem.secondary.layers):
            k, v = layer.self_attn.keys_and_values(self.tandem.projected(j, taps[j]), rotation)
            self.keys[j] = torch.cat([self.keys[j][:, :, :begin], k], 2)
            self.values[j] = torch.cat([self.values[j][:, :, :begin], v], 2)

    def step(self, token: int, position: int) -> Tensor:
        """Logits behind a token, (vocabulary). Its own keys join the cache unless it is there already, as the primary has it."""
        secondary = self.tandem.secondary
        rotation = secondary.rotation(torch.tensor([position]))
        y = secondary.embed_tokens(torch.tensor([[token]]))
        for j, layer in enumerate(secondary.layers):
            h = layer.input_layernorm(y)
            if position == self.keys[j].shape[2]:
                k, v = layer.self_attn.keys_and_values(h, rotation)
                self.keys[j], self.values[j] = torch.cat([self.keys[j], k], 2), torch.cat([self.values[j], v], 2)
            k, v = self.keys[j][:, :, : position + 1], self.values[j][:, :, : position + 1]
            everything = torch.ones(1, position + 1, dtype=torch.bool)
            y = layer.after_attention(y, layer.self_attn.queries(h, rotation), k, v, everything)
        return secondary.logits(y)[0, -1]
