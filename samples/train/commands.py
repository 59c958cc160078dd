"""The steps from texts to a measured pair; each finds what the one before left in the data folder."""

import json
import pathlib

import torch

import evaluate as evaluation
import export as exporting
import generation
import prompts as prompting
import recipes
import storage
import tokens
from decoder import Decoder, Shape
from pairs import read_pair
from primary import PrimaryTask
from routers import RoutersTask
from secondaries import SecondariesTask, Variant, begin, restored
from teachers import LiveTeacher
from trainer import Schedule, train

DEVICE = "cuda" if torch.cuda.is_available() else "cpu"
# Tokens of a window, and the block lengths that tandems are measured with.
LENGTH, BLOCKS = 256, (2, 3, 5, 8, 16)


def prepare(options) -> None:
    """Fetches the texts, splits them, learns the tokenizer."""
    tokens.prepare(options.data, recipes.VOCABULARY)


def run_folder(options) -> pathlib.Path:
    return options.data / options.plan


def primary(options) -> None:
    """Trains the primary."""
    schedule = recipes.PLANS[options.plan].primary
    task = PrimaryTask(recipes.PRIMARY, options.data / "train.npy", schedule, DEVICE, seed=options.seed)
    if options.begin:
        task.model.load_state_dict(read_pair(options.begin / "pair.json").primary.state_dict())
    train(task, run_folder(options) / "primary.pt", schedule)


def trained_primary(options) -> Decoder:
    """In the precision in which it is exported: what is learnt from it and measured against it is that model."""
    saved = storage.load(run_folder(options) / "primary.pt")
    decoder = Decoder(recipes.PRIMARY)
    decoder.load_state_dict({name: weight.bfloat16().float() for name, weight in saved["task"]["model"].items()})
    return decoder


def secondaries_task(options, variants: dict[str, Variant], schedule: Schedule) -> SecondariesTask:
    teacher = LiveTeacher(trained_primary(options), options.data / "train.npy", DEVICE, LENGTH, seed=options.seed + 1)
    return SecondariesTask(variants, teacher, schedule, DEVICE)


def held_out(options) -> tokens.Sequences:
    return tokens.Sequences(options.data / "held_out.npy", LENGTH + 1)


def spread(sequences: tokens.Sequences, count: int, size: int = 16):
    """Batches of windows at equal distances over all texts held out."""
    stride = max(1, sequences.count // count)
    batch = [sequences.window(place) for place in range(0, sequences.count, stride)][:count]
    yield from (tokens.np.stack(batch[at : at + size]) for at in range(0, len(batch), size))


def table(options, models: dict, name: str, blocks: tuple[int, ...]) -> dict:
    teacher = LiveTeacher(trained_primary(options), options.data / "held_out.npy", DEVICE, LENGTH, exact=True)
    rows = evaluation.table(models, teacher, spread(held_out(options), recipes.PLANS[options.plan].windows), blocks)
    record(options, name, rows)
    for row, numbers in rows.items():
        print("| " + " | ".join([row, *(f"{value:.4f}" for value in numbers.values())]) + " |", flush=True)
    return rows


def record(options, name: str, content: dict) -> None:
    """Adds measured numbers to `results.json` of the run."""
    path = run_folder(options) / "results.json"
    results = json.loads(path.read_text()) if path.exists() else {}
    storage.replace(path, json.dumps(results | {name: content}, indent=1).encode())


def ablations(options) -> None:
    """Trains one variant for each choice that the paper leaves open, on a small budget, and measures them."""
    schedule = recipes.PLANS[options.plan].ablations
    task = secondaries_task(options, recipes.ablations(), schedule)
    train(task, run_folder(options) / "ablations.pt", schedule)
    table(options, {name: model.float() for name, model in task.models.items()}, "ablations", (2, 4, 8))


def secondaries(options) -> None:
    """Trains drafters that work alone, Tandem-CE, Tandem-Distil, and tandems that are taught by the primary only."""
    schedule = recipes.PLANS[options.plan].secondaries
    variants = recipes.secondaries()
    task = secondaries_task(options, {name: variants[name] for name in options.only or variants}, schedule)
    if options.begin:
        begin(task, options.begin)
    train(task, run_folder(options) / "secondaries.pt", schedule)


def trained_secondaries(options) -> dict:
    schedule = recipes.PLANS[options.plan].secondaries
    return restored(run_folder(options) / "secondaries.pt", recipes.secondaries(),
                    lambda variants: secondaries_task(options, variants, schedule))  # fmt: skip


def router(options) -> None:
    """Trains the router of the tandem that is exported, and others of other sizes."""
    router_task(options, resume=False)


def router_task(options, resume: bool) -> RoutersTask:
    schedule = recipes.PLANS[options.plan].router
    teacher = LiveTeacher(trained_primary(options), options.data / "train.npy", DEVICE, LENGTH, seed=4)
    model = trained_secondaries(options)[recipes.EXPORTED]
    task = RoutersTask(model, teacher, recipes.ROUTERS, recipes.BLOCKS["maximum"], DEVICE)
    path = run_folder(options) / "router.pt"
    if resume:
        task.restore(storage.load(path)["task"])
    else:
        train(task, path, schedule)
    return task


def export_folder(options) -> pathlib.Path:
    """Of the tandem only; the drafter lies beside it."""
    return run_folder(options) / "export" / "tiny-tandem"


def export(options) -> None:
    """Writes the pair and the independent drafter as `tandem pack` takes them."""
    folder, tokenizer = export_folder(options), (options.data / "tokenizer.json").read_bytes()
    models = trained_secondaries(options)
    router = router_task(options, resume=True).calibrated("exported", recipes.ASKED_SHARE)
    primary, lengths = trained_primary(options), {key: recipes.BLOCKS[key] for key in ("default", "maximum")}
    exporting.write_tandem(folder, primary, models[recipes.EXPORTED], router, tokenizer, recipes.BLOCKS)
    exporting.write_independent(folder, folder.with_name("tiny-drafter"), models[recipes.DRAFTER], tokenizer, lengths)


def evaluate(options) -> None:
    """Measures what was exported, on texts held out."""
    folder = export_folder(options)
    tandem, independent = read_pair(folder / "pair.json"), read_pair(folder / "speed.json")
    others = {name: model.bfloat16().float() for name, model in trained_secondaries(options).items()}
    models = others | {recipes.DRAFTER: independent.drafter, recipes.EXPORTED: tandem.tandem}
    table(options, models, "table 1", BLOCKS)
    task = router_task(options, resume=True)
    lessons = [task.teacher.of(batch) for batch in spread(held_out(options), recipes.PLANS[options.plan].windows)]
    with torch.no_grad():
        losses = [task.losses(lesson, number) for number, lesson in enumerate(lessons)]
    means = {name: sum(loss[name].item() for loss in losses) / len(losses) for name in losses[0]}
    record(options, "routers", means)
    print("routers:", {name: round(value, 4) for name, value in means.items()}, flush=True)


def prompts(options) -> None:
    """Writes the prompts of the tiny pair's checks, passages held out."""
    prompting.write(options.data)


def tiny(options) -> None:
    """All steps but the ablations, one after another."""
    for step in (prepare, primary, secondaries, router, export, evaluate):
        print(f"== {step.__name__}", flush=True)
        step(options)


def smol(options) -> None:
    """Trains and measures a secondary for SmolLM2-135M-Instruct, all of it or the steps that are named."""
    import smol as steps

    steps.run(options)


def reference(options) -> None:
    """Prints logits or a greedy text of a pair, as JSON."""
    pair, ids = read_pair(options.pair), [int(word) for word in options.ids.split(",")]
    if options.mode == "logits":
        rows = {"primary": generation.primary_logits, "secondary": generation.secondary_logits}
        logits = rows[options.of](pair, ids) if options.of in rows else generation.tandem_logits(pair, ids, options.block)
        print(json.dumps(logits.tolist()))
        return
    if options.mode == "tandem":
        written = generation.standalone(pair, ids, options.count, options.block, not options.no_free_token)
    elif options.mode == "speculative":
        written = generation.speculative(pair, ids, options.count, options.block, options.threshold)
    else:
        written = getattr(generation, options.mode)(pair, ids, options.count)
    print(json.dumps(written.__dict__))
