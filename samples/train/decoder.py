"""A llama-like decoder whose parameters bear the names of Hugging Face's, so that a state dict is a checkpoint."""

import dataclasses

import torch
from torch import Tensor, nn
from torch.nn import functional


@dataclasses.dataclass(frozen=True)
class Shape:
    """Sizes of a decoder. `head` is the number of rows of an output head of its own; 0 ties it to the embedding."""

    vocabulary: int
    width: int
    layers: int
    heads: int
    shared_heads: int
    feed_forward: int
    context: int = 512
    head: int = 0
    rotary_base: float = 10000.0
    epsilon: float = 1e-5

    @property
    def head_size(self) -> int:
        return self.width // self.heads

    @property
    def cost(self) -> int:
        """Multiplications a token, but for attention's: matrices and head, the embedding is a look-up."""
        attention = 2 * self.width * (self.width + self.shared_heads * self.head_size)
        return self.layers * (attention + 3 * self.width * self.feed_forward) + (self.head or self.vocabulary) * self.width


class Norm(nn.Module):
    def __init__(self, width: int, epsilon: float):
        super().__init__()
        self.weight = nn.Parameter(torch.ones(width))
        self.epsilon = epsilon

    def forward(self, x: Tensor) -> Tensor:
        y = x.float()
        y = y * torch.rsqrt(y.square().mean(-1, keepdim=True) + self.epsilon)
        return (y * self.weight).to(x.dtype)


class Attention(nn.Module):
    def __init__(self, shape: Shape):
        super().__init__()
        self.head_size, self.group = shape.head_size, shape.heads // shape.shared_heads
        self.q_proj = nn.Linear(shape.width, shape.width, bias=False)
        self.k_proj = nn.Linear(shape.width, shape.shared_heads * shape.head_size, bias=False)
        self.v_proj = nn.Linear(shape.width, shape.shared_heads * shape.head_size, bias=False)
        self.o_proj = nn.Linear(shape.width, shape.width, bias=False)

    def split(self, x: Tensor) -> Tensor:
        """(batch, tokens, heads · size) to (batch, heads, tokens, size)."""
        return x.unflatten(-1, (-1, self.head_size)).transpose(1, 2)

    def queries(self, h: Tensor, rotation: Tensor) -> Tensor:
        return rotate(self.split(self.q_proj(h)), rotation)

    def shared_keys_and_values(self, h: Tensor, rotation: Tensor) -> tuple[Tensor, Tensor]:
        """As they are cached, (batch, shared heads, tokens, size)."""
        return rotate(self.split(self.k_proj(h)), rotation), self.split(self.v_proj(h))

    def keys_and_values(self, h: Tensor, rotation: Tensor) -> tuple[Tensor, Tensor]:
        """Of each query's head, (batch, heads, tokens, size)."""
        k, v = self.shared_keys_and_values(h, rotation)
        return k.repeat_interleave(self.group, 1), v.repeat_interleave(self.group, 1)

    def attend(self, q: Tensor, k: Tensor, v: Tensor, mask: Tensor | None) -> Tensor:
        """`mask` is true where a query sees a key; without one each query sees what is not behind it."""
        y = functional.scaled_dot_product_attention(q, k, v, attn_mask=mask, is_causal=mask is None)
        return self.o_proj(y.transpose(1, 2).flatten(-2))


class FeedForward(nn.Module):
    def __init__(self, shape: Shape):
        super().__init__()
        self.gate_proj = nn.Linear(shape.width, shape.feed_forward, bias=False)
        self.up_proj = nn.Linear(shape.width, shape.feed_forward, bias=False)
        self.down_proj = nn.Linear(shape.feed_forward, shape.width, bias=False)

    def forward(self, h: Tensor) -> Tensor:
        return self.down_proj(functional.silu(self.gate_proj(h)) * self.up_proj(h))


class Layer(nn.Module):
    def __init__(self, shape: Shape):
        super().__init__()
        self.self_attn, self.mlp = Attention(shape), FeedForward(shape)
        self.input_layernorm = Norm(shape.width, shape.epsilon)
        self.post_attention_layernorm = Norm(shape.width, shape.epsilon)

    def forward(self, x: Tensor, rotation: Tensor) -> Tensor:
        h = self.input_layernorm(x)
        return self.after_attention(x, self.self_attn.queries(h, rotation), *self.self_attn.keys_and_values(h, rotation), None)

    def after_attention(self, x: Tensor, q: Tensor, k: Tensor, v: Tensor, mask: Tensor | None) -> Tensor:
        x = x + self.self_attn.attend(q, k, v, mask)
        return x + self.mlp(self.post_attention_layernorm(x))


class Decoder(nn.Module):
    def __init__(self, shape: Shape):
        super().__init__()
        self.shape = shape
        self.embed_tokens = nn.Embedding(shape.vocabulary, shape.width)
        self.layers = nn.ModuleList(Layer(shape) for _ in range(shape.layers))
        self.norm = Norm(shape.width, shape.epsilon)
        self.lm_head = nn.Linear(shape.width, shape.head, bias=False) if shape.head else None
        for name, weight in self.named_parameters():
            if weight.dim() == 2:
                # Layers that write to the residual stream begin smaller, so that its variance does not grow with depth.
                is_output = name.endswith(("o_proj.weight", "down_proj.weight"))
                nn.init.normal_(weight, std=0.02 / (2 * shape.layers) ** 0.5 if is_output else 0.02)

    def rotation(self, positions: Tensor) -> Tensor:
        """Angles of each position, (tokens, size / 2)."""
        half = self.shape.head_size // 2
        powers = torch.arange(half, device=positions.device, dtype=torch.float64) / half
        return (positions[:, None] * self.shape.rotary_base**-powers).float()

    def states(self, ids: Tensor) -> list[Tensor]:
        """x^(0) to x^(L) of equation 1: the embedding, then the residual stream after each layer; (batch, tokens, width)."""
        rotation = self.rotation(torch.arange(ids.shape[1], device=ids.device))
        x = [self.embed_tokens(ids)]
        for layer in self.layers:
            x.append(layer(x[-1], rotation))
        return x

    def logits(self, last: Tensor, kept: Tensor | None = None) -> Tensor:
        """Of the last states (batch, tokens, width), at the positions `kept` only if there are such."""
        h = self.norm(last if kept is None else last[:, kept])
        return functional.linear(h, self.embed_tokens.weight) if self.lm_head is None else self.lm_head(h)

    def forward(self, ids: Tensor, kept: Tensor | None = None) -> Tensor:
        return self.logits(self.states(ids)[-1], kept)


def rotate(x: Tensor, rotation: Tensor) -> Tensor:
    """Rotary positions: elements i and i + size / 2 of a head are one pair; x (batch, heads, tokens, size)."""
    cosine, sine = rotation.cos().to(x.dtype), rotation.sin().to(x.dtype)
    a, b = x.chunk(2, -1)
    return torch.cat([a * cosine - b * sine, b * cosine + a * sine], -1)
