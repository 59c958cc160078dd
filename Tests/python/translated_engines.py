"""What transformers and llama.cpp make of translated models; `test_translation.py --real` runs it."""

import contextlib
import json
import pathlib
import shutil
import tempfile
import urllib.request

import torch
import transformers
import xllamacpp

from support import MODELS, SAMPLES, check, tandem

TEXT = "Hello, world! 1234 of 56,789 — naïve café\n\n  def f(x):\n\treturn x**2  # 日本語 🙂 don't WE'LL\r\n   end"
PROMPT = "The capital of France is"
TINY_TEXT = "Hello, world! 1234 the and other things 'in' re"


class LlamaCpp:
    """A GGUF file in llama.cpp's server."""

    def __init__(self, path, *, embedding=False):
        parameters = xllamacpp.CommonParams()
        parameters.model.path = str(path)
        parameters.n_ctx = 512
        parameters.n_gpu_layers = 0
        parameters.warmup = False
        parameters.verbosity = 0
        parameters.embedding = embedding
        self.server = xllamacpp.Server(parameters)

    def post(self, route, **body):
        data = json.dumps(body).encode()
        request = urllib.request.Request(self.server.listening_address + route, data, {"Content-Type": "application/json"})
        with contextlib.closing(urllib.request.urlopen(request)) as answer:
            return json.load(answer)

    def tokens(self, text):
        return self.post("/tokenize", content=text, add_special=True)["tokens"]

    def continuation(self, prompt, count):
        """The likeliest tokens, and the logarithms of the five largest probabilities of the first."""
        answer = self.post(
            "/completion", prompt=prompt, n_predict=count, temperature=0, return_tokens=True, cache_prompt=False,
            ignore_eos=True, n_probs=5, post_sampling_probs=False,
        )  # fmt: skip
        # They begin behind tokens that are no whole characters, as bytes of SentencePiece's are.
        first = answer.get("completion_probabilities", [None])[0]
        if not first or first["id"] != answer["tokens"][0]:
            return answer["tokens"], None
        return answer["tokens"], {entry["id"]: entry["logprob"] for entry in first["top_logprobs"]}


class Transformers:
    """A model folder in transformers."""

    def __init__(self, path):
        self.tokenizer = transformers.AutoTokenizer.from_pretrained(path)
        self.model = transformers.AutoModelForCausalLM.from_pretrained(path, dtype=torch.float32)

    def tokens(self, text):
        return self.tokenizer(text)["input_ids"]

    def continuation(self, prompt, count):
        with torch.no_grad():
            ids = torch.tensor([prompt])
            first = torch.log_softmax(self.model(ids).logits[0, -1], -1)
            output = self.model.generate(
                ids, attention_mask=torch.ones_like(ids), do_sample=False, max_new_tokens=count, min_new_tokens=count
            )
        top = torch.topk(first, 5)
        return output[0, len(prompt) :].tolist(), dict(zip(top.indices.tolist(), top.values.tolist()))


def compare(name, forms, text, prompt, count, *, tolerance):
    """All forms of a model cut a text alike and continue a prompt alike."""
    first_name, first = forms[0]
    tokens = first.tokens(text)
    prompt = first.tokens(prompt)
    continuation, logarithms = first.continuation(prompt, count)
    for other_name, other in forms[1:]:
        what = f"{name}: {other_name} against {first_name}"
        check(other.tokens(text) == tokens, f"{what}: the same tokens of a text")
        found, others = other.continuation(prompt, count)
        check(found == continuation, f"{what}: the same {count} tokens\n{continuation}\n{found}")
        if logarithms is None or others is None:
            continue
        shared = logarithms.keys() & others.keys()
        worst = max((abs(logarithms[token] - others[token]) for token in shared), default=1)
        check(worst < tolerance, f"{what}: the logarithms of probabilities differ by {worst}")
    names = ", ".join(name for name, _ in forms)
    print(f"{name}: {len(tokens)} tokens of a text and {count} of a continuation are the same from {names}")


def check_tiny(family, scratch):
    """A folder in transformers, its GGUF in llama.cpp, and the folder made of that."""
    folder, file, back = SAMPLES / f"good/huggingface/tiny-{family}", scratch / f"{family}.gguf", scratch / family
    # llama.cpp looks for tokens of Phi-3 by name in whatever is called so.
    tandem("convert", folder, file, "--dtype", "f32", "--name", "tiny")
    tandem("convert", file, back)
    forms = [("a folder", Transformers(folder)), ("its GGUF", LlamaCpp(file)), ("a folder of that", Transformers(back))]
    compare(f"tiny-{family}", forms, TINY_TEXT, TINY_TEXT, 16, tolerance=0.01)


def check_real(source, scratch):
    """A quantised file made plain, a folder of it, and the file made of the folder."""
    plain, folder, back = scratch / "plain.gguf", scratch / source.stem.replace(".", "-"), scratch / "back.gguf"
    tandem("convert", source, plain, "--dtype", "f32")
    tandem("convert", source, folder, "--dtype", "f32")
    tandem("convert", folder, back)
    forms = [("llama.cpp", LlamaCpp(plain)), ("llama.cpp from the folder", LlamaCpp(back)), ("transformers", Transformers(folder))]
    compare(source.stem, forms, TEXT, PROMPT, 64, tolerance=0.01)
    for form in (plain, back, folder / "model.safetensors"):
        form.unlink()


def check_encoder(source, scratch):
    """Sentence vectors: the folder in transformers against its GGUF, which pools by itself, in llama.cpp."""
    file = scratch / "encoder.gguf"
    tandem("convert", source, file)
    tokenizer = transformers.AutoTokenizer.from_pretrained(source)
    model = transformers.AutoModel.from_pretrained(source)
    server = LlamaCpp(file, embedding=True)
    text = tokenizer(TEXT, return_tensors="pt", padding=False)
    check(server.tokens(TEXT) == text["input_ids"][0].tolist(), "the encoder: the same tokens of a text")
    with torch.no_grad():
        mean = model(**text).last_hidden_state[0].mean(0)
    found = torch.tensor(server.post("/embedding", content=TEXT)[0]["embedding"]).flatten()
    cosine = float(torch.nn.functional.cosine_similarity(mean, found, dim=0))
    check(found.shape == mean.shape and cosine > 0.99999, f"the encoder: the vectors' cosine is {cosine}")
    print(f"{source.name}: the cosine of both vectors is {cosine:.7f}")


def check_pytorch(scratch):
    """A GPT-2 from a PyTorch file, without the tokenizer that llama.cpp's server wants: there and back, the same."""
    source = scratch / "IgLM"
    source.mkdir()
    shutil.copy(MODELS / "torch/iglm.bin", source / "pytorch_model.bin")
    config = {"architectures": ["GPT2LMHeadModel"], "model_type": "gpt2", "vocab_size": 33, "n_positions": 512}
    config |= {"n_embd": 512, "n_inner": 2048, "n_layer": 4, "n_head": 8}
    (source / "config.json").write_text(json.dumps(config))
    file, back = scratch / "pytorch.gguf", scratch / "pytorch"
    tandem("convert", source, file)
    tandem("convert", file, back)
    models = [transformers.AutoModelForCausalLM.from_pretrained(path, dtype=torch.float32) for path in (source, back)]
    with torch.no_grad():
        logits = [model(torch.tensor([[2, 5, 9, 12, 7, 20, 8, 11]])).logits for model in models]
    check(torch.equal(*logits), f"{source.name}: the same logits, bit for bit, after GGUF")
    print(f"{source.name}: the same logits, bit for bit, after GGUF")


def main():
    transformers.utils.logging.disable_progress_bar()
    with tempfile.TemporaryDirectory(dir=MODELS) as name:
        scratch = pathlib.Path(name)
        for family in ("llama", "mistral", "qwen2", "qwen3", "gemma2", "gemma3", "phi3", "gpt2"):
            check_tiny(family, scratch)
        check_encoder(MODELS / "all-MiniLM-L6-v2", scratch)
        check_pytorch(scratch)
        for file in (
            "SmolLM2-135M-Instruct.Q4_1.gguf", "gemma-3-270m-q4_k_m.gguf", "qwen2.5-coder-0.5b-instruct-q4_k_m.gguf",
        ):  # fmt: skip
            check_real(MODELS / file, scratch)
