"""The router: a small network that says, after each drafted token, how likely the primary is to disagree."""

import dataclasses

import torch
from torch import Tensor, nn
from torch.nn import functional


@dataclasses.dataclass(frozen=True)
class RouterShape:
    top_k: int = 8
    hidden: int = 64
    threshold: float = 0.8


class Router(nn.Module):
    """Two linear layers, relu between; its output is the probability of disagreement, which is asked from the threshold on."""

    def __init__(self, shape: RouterShape, width: int):
        super().__init__()
        self.shape = shape
        inputs = 1 + shape.top_k + shape.top_k * width
        self.layers = nn.ModuleList([nn.Linear(inputs, shape.hidden), nn.Linear(shape.hidden, 1)])

    def features(self, logits: Tensor, embeddings: Tensor, head_ids: Tensor | None = None) -> Tensor:
        """Entropy in nats, the largest probabilities in descending order, the embeddings of their tokens; (…, inputs).

        logits (…, rows of the head); embeddings (vocabulary, width); `head_ids` leads from a row of a reduced head to its token.
        """
        log_q = functional.log_softmax(logits.float(), -1)
        entropy = -(log_q.exp() * log_q).sum(-1, keepdim=True)
        top = log_q.topk(self.shape.top_k, -1)
        tokens = top.indices if head_ids is None else head_ids[top.indices]
        return torch.cat([entropy, top.values.exp(), embeddings[tokens].flatten(-2).float()], -1)

    def logit(self, features: Tensor) -> Tensor:
        return self.layers[1](functional.relu(self.layers[0](features))).squeeze(-1)

    def disagreement(self, features: Tensor) -> Tensor:
        return self.logit(features).sigmoid()
