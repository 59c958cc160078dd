"""A byte-level BPE tokenizer learnt from the texts, and the texts as token ids."""

import json
import pathlib
import random

import numpy as np
import tokenizers

import storage
import texts

BOS, EOS = "<|bos|>", "<|eos|>"


def learn(works: dict[str, str], vocabulary: int) -> tokenizers.Tokenizer:
    """As `tokenizer.json` of llama-like models has it: GPT-2's cut into words, ids 0 and 1 for the marks."""
    tokenizer = tokenizers.Tokenizer(tokenizers.models.BPE())
    tokenizer.pre_tokenizer = tokenizers.pre_tokenizers.ByteLevel(add_prefix_space=False, use_regex=True)
    tokenizer.decoder = tokenizers.decoders.ByteLevel()
    trainer = tokenizers.trainers.BpeTrainer(
        vocab_size=vocabulary,
        special_tokens=[BOS, EOS],
        initial_alphabet=tokenizers.pre_tokenizers.ByteLevel.alphabet(),
        show_progress=False,
    )
    tokenizer.train_from_iterator(works.values(), trainer)
    tokenizer.post_processor = tokenizers.processors.TemplateProcessing(
        single=f"{BOS} $A", pair=f"{BOS} $A {BOS} $B:1", special_tokens=[(BOS, 0)]
    )
    return tokenizer


def encode(tokenizer: tokenizers.Tokenizer, works: dict[str, str], seed: int) -> np.ndarray:
    """All works one after another in a seeded order, each between its marks; (tokens,) U16."""
    names = sorted(works)
    random.Random(seed).shuffle(names)
    end = tokenizer.token_to_id(EOS)
    encodings = tokenizer.encode_batch([works[name] for name in names])
    return np.concatenate([np.array([*encoding.ids, end], np.uint16) for encoding in encodings])


def prepare(data: pathlib.Path, vocabulary: int) -> None:
    """Writes `tokenizer.json`, `train.npy` and `held_out.npy` unless they are there."""
    if (data / "held_out.npy").exists():
        return
    train, held_out = texts.split(data)
    tokenizer = learn(train, vocabulary)
    storage.replace(data / "tokenizer.json", json.dumps(json.loads(tokenizer.to_str()), indent=1).encode())
    for name, works in (("train", train), ("held_out", held_out)):
        ids = encode(tokenizer, works, seed=0)
        print(f"{name}: {len(works)} works, {sum(map(len, works.values()))} characters, {len(ids)} tokens", flush=True)
        storage.replace_array(data / f"{name}.npy", ids)


class Sequences:
    """Windows of a token array: the training ones in an order that depends on the seed and the epoch alone."""

    def __init__(self, path: pathlib.Path, length: int, seed: int = 0):
        self.ids = np.load(path, mmap_mode="r")
        self.length, self.seed = length, seed
        self.count = (len(self.ids) - 1) // length

    def batch(self, step: int, size: int) -> np.ndarray:
        """(size, length) I64; every window once before any a second time, cut at another place in each epoch."""
        rows = []
        for index in range(step * size, (step + 1) * size):
            epoch, place = divmod(index, self.count - 1)
            generator = np.random.default_rng([self.seed, epoch])
            shift = int(generator.integers(self.length))
            begin = int(generator.permutation(self.count - 1)[place]) * self.length + shift
            rows.append(self.ids[begin : begin + self.length])
        return np.stack(rows).astype(np.int64)

    def window(self, place: int) -> np.ndarray:
        """One of `count` consecutive windows; (length) I64."""
        return self.ids[place * self.length : (place + 1) * self.length].astype(np.int64)
