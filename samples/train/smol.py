"""A secondary for SmolLM2-135M-Instruct, whose own weights stay as they are: from its cached states to a measured pair."""

import functools
import pathlib
import random

import numpy as np
import tokenizers
import torch

import cache
import chats
import continuations
import evaluate
import export as exporting
import recipes
import storage
import texts
from commands import DEVICE, record, run_folder
from decoder import Decoder
from draft_vocabulary import DraftVocabulary
from pairs import read_decoder, read_tensors
from routers import RoutersTask
from secondaries import SecondariesTask, Variant, begin, restored
from teachers import LiveTeacher
from tokens import Sequences
from trainer import train

# Ids that end a text, which the draft must be able to write.
END_OF_TEXT, END_OF_TURN = 0, 2


def sample(works: dict[str, str], characters: int, piece: int = 8000) -> dict[str, str]:
    """Pieces from all works by chance, about so many characters in all."""
    pieces = {f"{name}/{at}": text[at : at + piece] for name, text in works.items() for at in range(0, len(text), piece)}
    names = sorted(pieces)
    random.Random(0).shuffle(names)
    return {name: pieces[name] for name in names[: characters // piece]}


def prepare(options) -> None:
    """Conversations and other texts as tokens of SmolLM2, and the draft's vocabulary."""
    data = options.data
    if (data / "draft_ids.npy").exists():
        return
    tokenizer = tokenizers.Tokenizer.from_file(str(data / "primary" / "tokenizer.json"))
    plain, spoken = texts.split(data), chats.conversations(data / "packages", recipes.SMOL_CHATS)
    for name, works, talks, room in (
        ("train", plain[0], spoken[0], recipes.SMOL_TEXTS),
        ("held_out", plain[1], spoken[1], recipes.SMOL_TEXTS // texts.HELD_OUT_SHARE),
    ):
        everything = sample(works, room) | talks
        names = sorted(everything)
        random.Random(1).shuffle(names)
        encodings = tokenizer.encode_batch([everything[each] for each in names], add_special_tokens=False)
        ids = np.concatenate([np.array([*encoding.ids, END_OF_TEXT], np.uint16) for encoding in encodings])
        print(f"{name}: {len(talks)} conversations, {len(everything) - len(talks)} pieces of other texts, {len(ids)} tokens", flush=True)
        storage.replace_array(data / f"{name}.npy", ids)
    vocabulary = DraftVocabulary.frequent(
        np.load(data / "train.npy"), recipes.SMOL_SECONDARY.vocabulary, recipes.SMOL_HEAD, [END_OF_TEXT, END_OF_TURN]
    )
    covered = np.isin(np.load(data / "held_out.npy"), vocabulary.ids.numpy()).mean()
    print(f"the draft's {recipes.SMOL_HEAD} tokens are {covered:.2%} of those held out", flush=True)
    storage.replace_array(data / "draft_ids.npy", vocabulary.ids.numpy())


def draft_vocabulary(options) -> DraftVocabulary:
    return DraftVocabulary(torch.from_numpy(np.load(options.data / "draft_ids.npy")).to(DEVICE), recipes.SMOL_SECONDARY.vocabulary)


def primary(options) -> Decoder:
    return read_decoder(options.data / "primary")


def fill(options) -> None:
    """The primary reads the texts once; tapped states stay on disk."""
    sequences = Sequences(options.data / "train.npy", recipes.SMOL_CONTEXT + 1)
    count = recipes.SMOL_PLANS[options.plan].shards
    cache.fill(primary(options), sequences, options.data / "cache", recipes.SMOL_TAPS, count, DEVICE)


def write(options) -> None:
    """The primary goes on behind beginnings of texts; tapped states of what it writes stay on disk."""
    sequences = Sequences(options.data / "train.npy", recipes.SMOL_CONTEXT + 1)
    pieces = recipes.SMOL_PLANS[options.plan].written
    continuations.fill(primary(options), sequences, options.data / "written", recipes.SMOL_TAPS, pieces, recipes.SMOL_WRITINGS, DEVICE)


def shards(options) -> list[pathlib.Path]:
    """Those of the plan, whatever else is there."""
    plan, data = recipes.SMOL_PLANS[options.plan], options.data
    paths = [cache.shard_path(data / "cache", number) for number in range(plan.shards)]
    paths += [path for number in range(plan.written) for path in continuations.piece_paths(data / "written", number)]
    for path in paths:
        if not path.exists():
            raise SystemExit(f"{path} is not there: the steps fill and write make the shards of the plan {options.plan}")
    return paths


def teacher(options, seed: int = 5) -> cache.CachedTeacher:
    tensors = read_tensors(options.data / "primary" / "model.safetensors", "model.")
    return cache.CachedTeacher(shards(options), recipes.SMOL_TAPS, tensors["embed_tokens.weight"], tensors["norm.weight"],
                               recipes.SMOL_TAPS[-1], draft_vocabulary(options), DEVICE, seed=seed)  # fmt: skip


def task(options, variants: dict[str, Variant]) -> SecondariesTask:
    return SecondariesTask(variants, teacher(options), recipes.SMOL_PLANS[options.plan].secondaries, DEVICE, recipes.SMOL_RATE)


def secondaries(options) -> None:
    """Trains the drafter and the tandems from the cache."""
    schedule, variants = recipes.SMOL_PLANS[options.plan].secondaries, recipes.smol_secondaries()
    work = task(options, {name: variants[name] for name in options.only or variants})
    if options.begin:
        begin(work, options.begin, options.data / "primary")
    train(work, run_folder(options) / "secondaries.pt", schedule)


def trained(options) -> dict:
    return restored(run_folder(options) / "secondaries.pt", recipes.smol_secondaries(), functools.partial(task, options))


def router(options, resume: bool = False) -> RoutersTask:
    """Trains the router of the tandem that is exported, and others of other sizes."""
    vocabulary, plan = draft_vocabulary(options), recipes.SMOL_PLANS[options.plan]
    work = RoutersTask(trained(options)[recipes.EXPORTED], teacher(options, seed=6), recipes.ROUTERS, recipes.BLOCKS["maximum"],
                      DEVICE, vocabulary.ids)  # fmt: skip
    path = run_folder(options) / "router.pt"
    if resume:
        work.restore(storage.load(path)["task"])
    else:
        train(work, path, plan.router)
    return work


def export(options) -> None:
    """Writes secondary, drafter, projection and router beside a link to the primary."""
    chooser = router(options, resume=True).calibrated("exported", recipes.ASKED_SHARE)
    ids = draft_vocabulary(options).ids.cpu()
    models = trained(options)
    exporting.write_mapped(run_folder(options) / "export", models[recipes.DRAFTER], models[recipes.EXPORTED], chooser, ids,
                           options.data / "primary.gguf", teacher(options).embedding, recipes.BLOCKS)  # fmt: skip


def measure(options) -> None:
    """Measures the secondaries on texts held out; the primary computes in BF16."""
    models = {name: model.bfloat16().float().to(DEVICE).requires_grad_(False) for name, model in trained(options).items()}
    live = LiveTeacher(primary(options), options.data / "held_out.npy", DEVICE, recipes.SMOL_CONTEXT)
    stride = max(1, live.sequences.count // recipes.SMOL_PLANS[options.plan].windows)
    windows = (live.sequences.window(place)[None] for place in range(0, live.sequences.count, stride))
    rows = evaluate.table(models, live, windows, (2, 3, 5, 8, 16), draft_vocabulary(options))
    record(options, "table 1", rows)
    for row, numbers in rows.items():
        print("| " + " | ".join([row, *(f"{value:.4f}" for value in numbers.values())]) + " |", flush=True)


STEPS = {step.__name__: step for step in (prepare, fill, write, secondaries, router, export, measure)}


def run(options) -> None:
    for name in options.steps or STEPS:
        print(f"== {name}", flush=True)
        STEPS[name](options)
