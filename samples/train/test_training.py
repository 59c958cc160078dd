"""Training can be interrupted anywhere; what it exports is a pair that the tool takes."""

import contextlib
import io
import os
import pathlib
import subprocess
import tempfile
import unittest

import numpy as np
import torch

import evaluate
import export
import generation
import storage
import tokens
from decoder import Decoder
from pairs import read_pair
from primary import PrimaryTask
from router import RouterShape
from routers import RouterTask
from secondaries import SecondariesTask, Variant
from tandem import Reading
from test_tandem import IDS, PRIMARY, SECONDARY, pair
from teachers import LiveTeacher
from trainer import Schedule, train

TOOL = pathlib.Path(os.environ.get("TANDEM", pathlib.Path(__file__).parents[2] / ".build/release/tandem"))


def equal(one, other) -> bool:
    if isinstance(one, torch.Tensor):
        return torch.equal(one, other)
    if isinstance(one, dict):
        return one.keys() == other.keys() and all(equal(one[key], other[key]) for key in one)
    if isinstance(one, list | tuple):
        return len(one) == len(other) and all(map(equal, one, other))
    return one == other


class Interruption(unittest.TestCase):
    def setUp(self):
        self.temporary = tempfile.TemporaryDirectory()
        self.addCleanup(self.temporary.cleanup)
        self.enterContext(contextlib.redirect_stdout(io.StringIO()))
        self.folder = pathlib.Path(self.temporary.name)
        self.texts = self.folder / "texts.npy"
        storage.replace_array(self.texts, np.random.default_rng(0).integers(0, 64, 4000).astype(np.uint16))

    def secondaries(self, schedule: Schedule) -> SecondariesTask:
        torch.manual_seed(0)
        teacher = LiveTeacher(Decoder(PRIMARY), self.texts, "cpu", length=16, size=2)
        variants = {"alone": Variant(SECONDARY, None), "tandem": Variant(SECONDARY, Reading((1, 3)), blocks=(2, 4))}
        return SecondariesTask(variants, teacher, schedule, "cpu")

    def check(self, make, schedule: Schedule, stop: int) -> None:
        whole = make()
        train(whole, self.folder / "whole.pt", schedule)
        train(make(), self.folder / "parts.pt", schedule, stop=stop)
        resumed = make()
        train(resumed, self.folder / "parts.pt", schedule)
        self.assertTrue(equal(whole.state(), resumed.state()))

    def test_a_primary_is_the_same(self):
        schedule = Schedule(6, 3, warmup=2)
        self.check(lambda: PrimaryTask(PRIMARY, self.texts, schedule, "cpu", size=2), schedule, stop=4)

    def test_secondaries_are_the_same(self):
        schedule = Schedule(8, 2, warmup=2)
        self.check(lambda: self.secondaries(schedule), schedule, stop=3)

    def test_a_prolonged_run_is_a_long_one(self):
        short, long = Schedule(5, 2, warmup=2), Schedule(9, 2, warmup=2)
        for schedule in (short, long):
            prolonged = PrimaryTask(PRIMARY, self.texts, schedule, "cpu", size=2)
            train(prolonged, self.folder / "prolonged.pt", schedule)
        whole = PrimaryTask(PRIMARY, self.texts, long, "cpu", size=2)
        train(whole, self.folder / "whole.pt", long)
        self.assertTrue(equal(whole.state(), prolonged.state()))

    def test_a_write_that_is_cut_short_leaves_the_checkpoint_before(self):
        path = self.folder / "state.pt"
        storage.save(path, {"step": 1})
        path.with_name("state.pt.partial").write_bytes(b"half of a checkpoint")
        self.assertEqual(storage.load(path), {"step": 1})

    def test_a_router_learns_the_distance(self):
        task = self.secondaries(Schedule(1, 0))
        router = RouterTask(task.models["tandem"], task.teacher, RouterShape(3, 8), 4, "cpu", rate=1e-2)
        losses = [router.step(number, 1)["loss"] for number in range(30)]
        self.assertLess(sum(losses[-5:]), sum(losses[:5]))


class Speculation(unittest.TestCase):
    def test_blocks_are_those_of_the_plain_form(self):
        for example, threshold in ((pair(), None), (pair(), 0.5), (pair(independent=True), None)):
            for block in (1, 3, 6):
                prompt = IDS[:4]
                plain = generation.speculative(example, prompt, 24, block, threshold)
                written = generation.primary(example, prompt, 40).ids
                # The plain form stops at a count; so that both see the same blocks, the text ends where its last block does.
                length = 1 + sum(accepted + 1 for _, accepted in plain.blocks)
                found = evaluate.speculate(example, [(prompt, written[:length])], block, threshold)
                self.assertEqual(found.drafted, sum(drafted for drafted, _ in plain.blocks))
                self.assertEqual(found.accepted, sum(accepted for _, accepted in plain.blocks))
                self.assertEqual(found.primary_passes, plain.primary_passes)


class Export(unittest.TestCase):
    @unittest.skipUnless(TOOL.exists(), f"{TOOL} is not built")
    def test_the_tool_finds_nothing_and_packs(self):
        example = pair(Reading((1, 3), bias=True))
        words = {"work": "One word after another, as words are written. " * 20}
        tokenizer = tokens.learn(words, 258)
        shape = {"vocabulary": tokenizer.get_vocab_size()}
        with tempfile.TemporaryDirectory() as name:
            folder = pathlib.Path(name)
            example = resized(example, **shape)
            export.write_tandem(folder, example.primary, example.tandem, example.router, tokenizer.to_str().encode(),
                                {"trained": 2, "default": 3, "maximum": 8})  # fmt: skip
            export.write_independent(folder, "primary", example.tandem.secondary, tokenizer.to_str().encode(), {"default": 3, "maximum": 8})
            for pair_file in ("pair.json", "speed.json"):
                found = subprocess.run([TOOL, "validate", folder / pair_file], capture_output=True, text=True)
                self.assertEqual(found.returncode, 0, found.stdout + found.stderr)
                self.assertIn("no findings", found.stdout)
                command = [TOOL, "pack", folder / pair_file, "-o", folder / f"{pair_file}.tandem"]
                packed = subprocess.run(command, capture_output=True, text=True)
                self.assertEqual(packed.returncode, 0, packed.stdout + packed.stderr)
            read = read_pair(folder / "pair.json")
            logits = generation.tandem_logits(read, [0, 5, 7, 9], 2)
            for module in (example.primary, example.tandem):
                module.to(torch.bfloat16).float()
            torch.testing.assert_close(logits, generation.tandem_logits(example, [0, 5, 7, 9], 2))


def resized(example, vocabulary: int):
    """The pair with embeddings of as many tokens as a tokenizer has."""
    for decoder in (example.primary, example.tandem.secondary):
        decoder.shape = decoder.shape.__class__(**(decoder.shape.__dict__ | {"vocabulary": vocabulary}))
        decoder.embed_tokens = torch.nn.Embedding(vocabulary, decoder.shape.width)
    return example


if __name__ == "__main__":
    unittest.main()
