"""Real models against llama.cpp: greedy texts of ten prompts, and how well a text is predicted."""

import json
import pathlib
import subprocess
import sys
import tempfile

import numpy as np
import xllamacpp

import plain_decoder
from support import MODELS, TOOL, check, tandem

PROMPTS = [
    "The capital of France is",
    "Once upon a time, in a village by the sea,",
    "def fibonacci(n):\n",
    "The three laws of thermodynamics are",
    "In 1969, the first people",
    "Question: What is 12 times 12?\nAnswer:",
    "A recipe for bread: first",
    "SELECT name, age FROM users WHERE",
    "The difference between a virus and a bacterium is that",
    "Roses are red,",
]
TOKENS = 64
# Where the texts part, llama.cpp's two best tokens are this close at most, in nats. Both engines round activations to
# 8 bits, which moves a token's logarithm by about 0.12 (root mean square, SmolLM2 as Q4_1), and so the difference of
# two in two engines by 0.24.
NEAR_TIE = 0.8
# More would take the reference seconds a token.
CANDIDATES = 500


def server(model):
    parameters = xllamacpp.CommonParams()
    parameters.model.path = str(model)
    parameters.n_ctx = 1024
    parameters.n_parallel = 1
    parameters.warmup = False
    parameters.verbosity = -1
    parameters.cpuparams.n_threads = parameters.cpuparams_batch.n_threads = 2
    return xllamacpp.Server(parameters)


def complete(reference, prompt, count, candidates=2):
    request = {"prompt": prompt, "n_predict": count, "temperature": 0, "logprobs": candidates, "cache_prompt": True}
    answer = reference.handle_completions(request)
    answer = json.loads(answer) if isinstance(answer, str) else answer
    return answer["choices"][0]


def part(ours, theirs):
    """The reference's token at which two texts part, and how far its two best are apart; None if they do not."""
    ours, place = ours.encode(), 0
    for index, token in enumerate(theirs["logprobs"]["content"]):
        piece = bytes(token["bytes"])
        if ours[place : place + len(piece)] != piece[: len(ours) - place]:
            best, second = token["top_logprobs"][:2]
            return index, best["logprob"] - second["logprob"]
        place += len(piece)
    return None


def compare(model, reference, bundle):
    same = 0
    for prompt in PROMPTS:
        ours = tandem("run", bundle, "-p", prompt, "--max-tokens", TOKENS)[:-1]
        theirs = complete(reference, prompt, TOKENS)
        found = part(ours, theirs)
        if found is None:
            same += 1
            continue
        index, gap = found
        print(f"  {prompt!r}: parts at token {index}, where the best two are {gap:.3f} nats apart")
        check(gap < NEAR_TIE, f"{model.name}: {prompt!r} parts at token {index} without a near tie ({gap:.3f} nats)")
    print(f"{model.name}: {same} of {len(PROMPTS)} greedy texts of {TOKENS} tokens equal llama.cpp's; the others part at near ties")


def compare_predictions(model, reference, bundle, text, count):
    """Both engines against binary64 arithmetic on the same weights, over the tokens that are among the reference's
    best, whose probabilities it gives one token a request."""
    piped = {"input": text, "capture_output": True, "text": True, "check": True}
    words = subprocess.run([TOOL, "tokenize", bundle, "--ids"], **piped).stdout.split()
    ids = [int(word) for word in words][:count]
    result = subprocess.run([TOOL, "bench", "perplexity", bundle, "--json", "--window", str(count)], **piped).stdout
    ours = json.loads(result)["log_probabilities"][: count - 1]
    exact = plain_decoder.log_probabilities(*plain_decoder.from_gguf(model), np.array(ids))
    rows = []
    for index in range(1, count):
        token = complete(reference, ids[:index], 1, candidates=CANDIDATES)["logprobs"]["content"][0]
        found = [each["logprob"] for each in token["top_logprobs"] if each["id"] == ids[index]]
        rows += [(ours[index - 1], theirs, exact[index - 1]) for theirs in found]
    values = np.array(rows)
    perplexities = np.exp(-values.mean(0))
    errors = np.sqrt(((values[:, :2] - values[:, 2:]) ** 2).mean(0))
    print(
        f"{model.name}: perplexity of {len(values)} tokens {perplexities[0]:.3f}, llama.cpp's {perplexities[1]:.3f}, "
        f"in binary64 {perplexities[2]:.3f}; a token's logarithm is off by {errors[0]:.3f}, llama.cpp's by {errors[1]:.3f}"
    )
    check(abs(perplexities[0] / perplexities[2] - 1) < 0.01, "the perplexity is within 1 % of binary64's")
    check(errors[0] < 1.2 * errors[1], "the engine is about as exact as llama.cpp, or more")


if __name__ == "__main__":
    names = sys.argv[1:] or ["SmolLM2-135M-Instruct.Q4_1.gguf", "qwen2.5-coder-0.5b-instruct-q4_k_m.gguf"]
    with tempfile.TemporaryDirectory(dir=MODELS) as folder:
        for name in names:
            model = MODELS / name
            bundle = pathlib.Path(folder, name + ".tandem")
            tandem("pack", model, "-o", bundle)
            reference = server(model)
            compare(model, reference, bundle)
            if name.startswith("SmolLM2"):
                text = pathlib.Path(__file__).resolve().parents[2].joinpath("LICENSE").read_text()
                compare_predictions(model, reference, bundle, text, 512)
