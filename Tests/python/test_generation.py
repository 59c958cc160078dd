"""Real models against llama.cpp: greedy texts of ten prompts, and how well a text is predicted.

Weights in 8 bits or fewer meet activations that both engines round to 8 bits. Whatever differs before, even the last
bit of a sum, makes some of them round the other way; that is a change of a hundredth, which makes many of the next
layer's do so. After a few layers two runs differ as if each had rounded at random: with the same rounding, but sums
that differ by a ten-millionth, as much as with another rounding (0.10 against 0.11 nats a token, root mean square, in a
model of SmolLM2 as Q4_1 in numpy). llama.cpp with and without flash attention differs from itself in the same way, which
is printed. So its texts cannot be repeated token for token, but where texts part both engines must have found two tokens nearly as
probable. Weights in 16 bits show what is left without that: there the bound is forty times narrower.
"""

import json
import pathlib
import subprocess
import sys
import tempfile

import numpy as np
import xllamacpp

import plain_decoder
from support import MODELS, ROOT, TOOL, check, tandem

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
# The root mean square difference of a token's logarithm between the engines, in nats.
NOISE = {"F16": 0.003, "8 bits": 0.11}
# Where the texts part, what the two engines give for the distance of both tokens differs by this at most: five times the
# noise of two tokens.
BOUNDS = {name: 5 * 2**0.5 * noise for name, noise in NOISE.items()}
# More would take the reference seconds a token.
CANDIDATES = 500


def server(model, flash=True):
    parameters = xllamacpp.CommonParams()
    parameters.model.path = str(model)
    parameters.n_ctx = 1024
    parameters.n_parallel = 1
    parameters.warmup = False
    parameters.verbosity = -1
    if not flash:
        parameters.flash_attn_type = xllamacpp.llama_flash_attn_type.LLAMA_FLASH_ATTN_TYPE_DISABLED
    parameters.cpuparams.n_threads = parameters.cpuparams_batch.n_threads = 2
    return xllamacpp.Server(parameters)


def complete(reference, prompt, count, candidates=2):
    request = {"prompt": prompt, "n_predict": count, "temperature": 0, "logprobs": candidates, "cache_prompt": True}
    answer = reference.handle_completions(request)
    answer = json.loads(answer) if isinstance(answer, str) else answer
    return answer["choices"][0]


def ids_of(bundle, text):
    words = subprocess.run([TOOL, "tokenize", bundle, "--ids"], input=text, capture_output=True, check=True).stdout.split()
    return [int(word) for word in words]


def last_logarithm(bundle, ids):
    """What our engine gives for the last of some tokens."""
    command = [TOOL, "bench", "perplexity", bundle, "--json", "--ids", "--window", str(len(ids)), "--context", "1024"]
    text = " ".join(map(str, ids))
    result = subprocess.run(command, input=text, capture_output=True, check=True, text=True).stdout
    return json.loads(result)["log_probabilities"][-1]


def part(bundle, prompt, ours, theirs):
    """Where two texts part: the token's number, both tokens, and how much better than the other each engine finds its
    own; None if they do not."""
    rest, ids = ours.encode(), ids_of(bundle, prompt.encode())
    for index, token in enumerate(theirs["logprobs"]["content"]):
        piece = bytes(token["bytes"])
        if rest.startswith(piece):
            rest = rest[len(piece) :]
            ids.append(token["id"])
            continue
        if piece.startswith(rest):
            return None
        # Ours is the best of those that the text goes on with.
        others = {each["id"]: each for each in token["top_logprobs"] if rest.startswith(bytes(each["bytes"]) or b"?")}
        check(others, f"{prompt!r}: token {index} is none of llama.cpp's best {CANDIDATES}")
        found = {id: last_logarithm(bundle, [*ids, id]) for id in list(others)[:4]}
        own = max(found, key=found.get)
        gap = found[own] - last_logarithm(bundle, [*ids, token["id"]])
        return index, bytes(others[own]["bytes"]), piece, gap, token["logprob"] - others[own]["logprob"]
    return None


def compare(model, reference, bundle, bound):
    same = 0
    theirs = [complete(reference, prompt, TOKENS, candidates=CANDIDATES) for prompt in PROMPTS]
    for prompt, their in zip(PROMPTS, theirs):
        ours = tandem("run", bundle, "-p", prompt, "--max-tokens", TOKENS)[:-1]
        found = part(bundle, prompt, ours, their)
        if found is None:
            same += 1
            continue
        index, own, best, gap, their_gap = found
        print(
            f"  {prompt!r}: token {index} is {own!r} here, {gap:.3f} nats before {best!r}, "
            f"which llama.cpp finds {their_gap:.3f} before the other: {(gap + their_gap) / bound * 5:.1f} times the noise"
        )
        check(gap >= 0 and their_gap >= 0, "each engine takes what it finds best")
        check(gap + their_gap < bound, f"{model.name}: {prompt!r} parts at token {index} without a near tie")
    print(f"{model.name}: {same} of {len(PROMPTS)} greedy texts of {TOKENS} tokens equal llama.cpp's, the others part at near ties")
    if bound == BOUNDS["F16"]:
        check(same >= 9, "without 8-bit activations nearly all texts are equal")
        return
    other = server(model, flash=False)
    same = sum(complete(other, prompt, TOKENS)["text"] == their["text"] for prompt, their in zip(PROMPTS, theirs))
    print(f"{model.name}: llama.cpp without flash attention gives {same} of the {len(PROMPTS)} texts that it gives with it")


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
    difference, noise = values[:, 0].mean() - values[:, 2].mean(), errors[0] / len(values) ** 0.5
    check(abs(difference) < 4 * noise, "the perplexity differs from binary64's by noise only")
    check(errors[0] < 1.2 * errors[1], "the engine is about as exact as llama.cpp, or more")


def run(model, folder, bound):
    bundle = pathlib.Path(folder, model.name + ".tandem")
    tandem("pack", model, "-o", bundle)
    reference = server(model)
    compare(model, reference, bundle, bound)
    return reference, bundle


def main():
    names = sys.argv[1:] or ["SmolLM2-135M-Instruct.Q4_1.gguf", "qwen2.5-coder-0.5b-instruct-q4_k_m.gguf"]
    with tempfile.TemporaryDirectory(dir=MODELS) as folder:
        for name in names:
            model = MODELS / name
            reference, bundle = run(model, folder, BOUNDS["8 bits"])
            if not name.startswith("SmolLM2"):
                continue
            compare_predictions(model, reference, bundle, ROOT.joinpath("LICENSE").read_text(), 512)
            halves = pathlib.Path(folder, "smollm2-f16.gguf")
            tandem("convert", model, halves, "--dtype", "f16")
            run(halves, folder, BOUNDS["F16"])


if __name__ == "__main__":
    main()
