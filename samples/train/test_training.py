"""Training can be interrupted anywhere; what it exports is a pair that the tool takes."""

import contextlib
import dataclasses
import io
import os
import pathlib
import re
import subprocess
import tempfile
import types
import unittest

import numpy as np
import safetensors
import torch

import cache
import continuations
import evaluate
import export
import generation
import objectives
import storage
import tokens
from continuations import Writing
from decoder import Attention, Decoder, Shape
from draft_vocabulary import DraftVocabulary
from pairs import read_decoder, read_pair
from precision import autocast
from primary import PrimaryTask
from router import Router, RouterShape
from routers import RoutersTask
from secondaries import SecondariesTask, Variant, begin, borrow, build, logits
from tandem import Reading, Tandem, block_mask, own_from
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
        router = RoutersTask(task.models["tandem"], task.teacher, {"small": RouterShape(3, 8)}, 4, "cpu", rate=1e-2)
        losses = [router.step(number, 1)["small"] for number in range(30)]
        self.assertLess(sum(losses[-5:]), sum(losses[:5]))


class Loss(unittest.TestCase):
    def test_value_and_slope_are_those_of_the_formula(self):
        generator = torch.Generator().manual_seed(3)
        logits = torch.randn(2, 70, 11, generator=generator, requires_grad=True)
        labels = torch.randint(0, 11, (2, 70), generator=generator)
        labels[0, :9] = objectives.IGNORED
        teacher = torch.rand(2, 70, 11, generator=generator).softmax(-1)
        lesson = objectives.Lesson(labels, labels, {}, teacher)
        for balance in 0.0, 0.5, 1.0:
            log_q = logits.log_softmax(-1)
            text = torch.nn.functional.nll_loss(log_q.flatten(0, 1), labels.flatten(), ignore_index=objectives.IGNORED)
            expected = (1 - balance) * text - balance * (teacher * log_q).sum(-1).mean()
            found = objectives.loss(logits, lesson, balance)
            torch.testing.assert_close(found, expected)
            slopes = [torch.autograd.grad(3 * value, logits)[0] for value in (found, expected)]
            torch.testing.assert_close(*slopes)


class Borrowing(unittest.TestCase):
    """Secondaries as wide as a primary whose tokens have something in common, and so have the states that it makes of them."""

    def setUp(self):
        temporary = tempfile.TemporaryDirectory()
        self.addCleanup(temporary.cleanup)
        texts = pathlib.Path(temporary.name) / "texts.npy"
        storage.replace_array(texts, np.random.default_rng(0).integers(0, 16, 4000).astype(np.uint16))
        torch.manual_seed(0)
        self.primary = Decoder(Shape(16, width=64, layers=3, heads=4, shared_heads=2, feed_forward=48))
        with torch.no_grad():
            for weight in self.primary.layers.parameters():
                weight.mul_(64**-0.5 / 0.02 if weight.dim() == 2 else 1)
            self.primary.embed_tokens.weight.copy_(0.3 * torch.randn(16, 64) + torch.randn(64))
            self.primary.norm.weight.normal_(2, 0.1)
        self.teacher = LiveTeacher(self.primary, texts, "cpu", length=16, size=2, exact=True)
        shape = Shape(16, width=64, layers=2, heads=4, shared_heads=4, feed_forward=8)
        readings = {"alone": None, "block": Reading((3, 3)), "paper": Reading((3, 3), boundary="paper")}
        self.variants = {name: Variant(shape, reading, borrows=True) for name, reading in readings.items()}

    def test_the_primary_s_embedding_stays_as_it_is(self):
        task = SecondariesTask(self.variants, self.teacher, Schedule(4, 2), "cpu")
        for step in range(4):
            task.step(step, 1.0)
        for decoder in task.models["alone"], task.models["block"].secondary, task.models["paper"].secondary:
            self.assertTrue(torch.equal(decoder.embed_tokens.weight, self.primary.embed_tokens.weight))

    def test_what_passes_a_state_on_learns_at_a_fiftieth_of_the_rate(self):
        task = SecondariesTask({"paper": self.variants["paper"]}, self.teacher, Schedule(4, 2), "cpu")
        model = task.models["paper"]
        begin = {name: weight.clone() for name, weight in model.state_dict().items()}
        for step in range(4):
            task.step(step, 1.0)
        moved = {name: (weight - begin[name]).norm().item() for name, weight in model.state_dict().items()}
        for name in ("secondary.layers.{}.self_attn.v_proj", "secondary.layers.{}.self_attn.o_proj", "secondary.layers.{}.input_layernorm"):
            first, last = (moved[f"{name.format(layer)}.weight"] for layer in (0, 1))
            self.assertGreater(last, first / 100, name)
            self.assertLess(last, first / 25, name)
        stays = [name for name, distance in moved.items() if distance == 0]
        self.assertEqual(stays, ["secondary.embed_tokens.weight"])

    def test_positions_that_see_themselves_begin_by_answering_as_the_primary(self):
        tandem, lesson = build(self.variants["paper"], self.teacher), self.teacher.lesson(1)
        first = own_from(torch.arange(16), 2, "paper").expand_as(lesson.ids)
        distances = objectives.measure(logits(tandem, lesson, 3, first), lesson)["relative TV"]
        before, after = distances[:, ::2].mean().item(), distances[:, 1::2].mean().item()
        self.assertLess(after, before / 4)

    def test_in_the_last_layer_each_position_begins_by_looking_at_itself(self):
        tandem, lesson = build(self.variants["paper"], self.teacher), self.teacher.lesson(1)
        decoder, positions = tandem.secondary, torch.arange(16)
        first = own_from(positions, 2, "paper")
        attention, seen = decoder.layers[-1].self_attn, {}

        def attend(q, k, v, mask):
            seen["shares"] = (q @ k.mT / 4).masked_fill(~mask, -torch.inf).softmax(-1)
            return Attention.attend(attention, q, k, v, mask)

        attention.attend = attend
        logits(tandem, lesson, 3, first.expand_as(lesson.ids))
        # The last of each block at its projected state, the first at its own key.
        last, begin = torch.arange(1, 16, 2), torch.arange(2, 16, 2)
        self.assertGreater(seen["shares"][:, :, last, 16 + last].mean().item(), 0.5)
        self.assertGreater(seen["shares"][:, :, begin, begin].mean().item(), 0.5)


class Cache(unittest.TestCase):
    def test_lessons_from_disk_are_those_of_the_primary(self):
        ids = np.random.default_rng(0).integers(2, 64, 33 * 80).astype(np.uint16)
        torch.manual_seed(0)
        primary = Decoder(PRIMARY).requires_grad_(False)
        vocabulary, few = (DraftVocabulary.frequent(ids, 64, size, [0, 1]) for size in (64, 40))
        with tempfile.TemporaryDirectory() as name, contextlib.redirect_stdout(io.StringIO()):
            folder = pathlib.Path(name)
            storage.replace_array(folder / "ids.npy", ids)
            sequences = tokens.Sequences(folder / "ids.npy", 33)
            cache.fill(primary, sequences, folder, (1, 3), shards=1)
            paths = [cache.shard_path(folder, number) for number in range(2)]
            first = paths[0].stat().st_ino
            cache.fill(primary, sequences, folder, (1, 3), shards=2)
            self.assertEqual(paths[0].stat().st_ino, first)
            lesson, reduced = (
                cache.CachedTeacher(paths, (1, 3), primary.embed_tokens.weight, primary.norm.weight, 3, each, size=3).lesson(0)
                for each in (vocabulary, few)
            )
            live = LiveTeacher(primary, folder / "ids.npy", "cpu")
            windows = {tuple(window[:-1]): window for window in map(sequences.window, range(sequences.count))}
            expected = live.of(np.stack([windows[tuple(row)] for row in lesson.ids.tolist()]))
        self.assertTrue(torch.equal(lesson.ids, expected.ids))
        self.assertEqual(len(lesson.kept), 16)
        self.assertTrue(torch.equal(lesson.labels, expected.labels[:, lesson.kept]))
        torch.testing.assert_close(lesson.states[1].float(), expected.states[1].float(), rtol=2e-2, atol=2e-2)
        torch.testing.assert_close(lesson.states[-1].float(), expected.states[-1].float(), rtol=2e-2, atol=5e-2)
        answers = expected.teacher[:, lesson.kept]
        torch.testing.assert_close(lesson.teacher, answers, rtol=2e-2, atol=1e-4)
        known = reduced.teacher / answers[..., few.ids]
        torch.testing.assert_close(reduced.teacher.sum(-1), torch.ones(3, 16))
        torch.testing.assert_close(known, known[..., :1].expand_as(known), rtol=5e-2, atol=0)

    def test_a_reduced_head_leaves_out_what_it_lacks(self):
        vocabulary = DraftVocabulary(torch.tensor([0, 3, 5]), 7)
        self.assertEqual(vocabulary.labels(torch.tensor([3, 4, 5, 0])).tolist(), [1, -100, 2, 0])
        full = vocabulary.expanded(torch.tensor([1.0, 2.0, 3.0])).softmax(-1)
        torch.testing.assert_close(full[[0, 3, 5]], torch.tensor([1.0, 2.0, 3.0]).softmax(-1))
        self.assertEqual(full[[1, 2, 4, 6]].sum(), 0)


class Continuations(unittest.TestCase):
    def setUp(self):
        self.enterContext(contextlib.redirect_stdout(io.StringIO()))
        temporary = tempfile.TemporaryDirectory()
        self.addCleanup(temporary.cleanup)
        self.folder = pathlib.Path(temporary.name)
        # A head of its own, or each token would be likeliest behind itself.
        torch.manual_seed(0)
        self.primary = Decoder(dataclasses.replace(PRIMARY, head=64)).requires_grad_(False)
        for weight in self.primary.parameters():
            torch.nn.init.normal_(weight, std=weight.shape[-1] ** -0.5 if weight.dim() == 2 else 1)

    def test_the_primary_goes_on_with_what_is_likeliest_behind_all_tokens_before(self):
        given = np.random.default_rng(0).integers(2, 64, (3, 7))
        expected = torch.from_numpy(given)
        for _ in range(9):
            with autocast("cpu"):
                logits = self.primary(expected)[:, -1]
            expected = torch.cat([expected, logits.argmax(-1, keepdim=True)], 1)
        self.assertGreater(len(expected[:, 7:].unique()), 12)
        self.assertEqual(continuations.continued(self.primary, given, 16, 0, 0).tolist(), expected.tolist())

    def test_tokens_are_drawn_as_often_as_they_are_likely(self):
        logits, count = torch.tensor([2.0, 0.0, 1.0, -torch.inf]), 20000
        drawn = continuations.chosen(logits.expand(count, -1), 0.5, torch.Generator().manual_seed(0))
        shares = drawn.bincount(minlength=4) / count
        torch.testing.assert_close(shares, (logits / 0.5).softmax(-1), rtol=0, atol=0.01)
        self.assertEqual(shares[3], 0)

    def test_pieces_begin_with_the_last_windows_and_those_that_are_whole_stay(self):
        storage.replace_array(self.folder / "ids.npy", np.random.default_rng(0).integers(2, 64, 9 * 520).astype(np.uint16))
        sequences, writings = tokens.Sequences(self.folder / "ids.npy", 9), (Writing(4, 0.0), Writing(6, 1.0))
        pieces = [continuations.piece_paths(self.folder, number) for number in range(2)]
        continuations.fill(self.primary, sequences, self.folder, (1, 3), 1, writings)
        self.assertEqual(sorted(self.folder.glob("*.pt")), pieces[0])
        files = [path.stat().st_ino for path in pieces[0]]
        continuations.fill(self.primary, sequences, self.folder, (1, 3), 2, writings)
        self.assertEqual([path.stat().st_ino for path in pieces[0]], files)
        places = cache.order(sequences)[::-1]
        for number, (paths, given) in enumerate(zip(pieces, (4, 6), strict=True)):
            written = np.concatenate([storage.load(path)["ids"] for path in paths])
            windows = np.stack([sequences.window(place) for place in places[number * 256 : (number + 1) * 256]])
            self.assertEqual(written[:, :given].tolist(), windows[:, :given].tolist())
            self.assertLess((written[:, given:] == windows[:, given:]).mean(), 0.1)


class Standalone(unittest.TestCase):
    def test_what_is_measured_are_the_tokens_that_are_written(self):
        example, prompt = pair(Reading((1, 3))), IDS[:4]
        ids = prompt + generation.standalone(example, prompt, 40, evaluate.STANDALONE, True).ids
        with tempfile.TemporaryDirectory() as name:
            texts = pathlib.Path(name) / "texts.npy"
            storage.replace_array(texts, np.array(ids, np.uint16))
            teacher = LiveTeacher(example.primary, texts, "cpu", length=8, exact=True)
            rows = evaluate.table({"tandem": example.tandem}, teacher, [np.array([ids])], (2,))
        # Behind the prompt each token is the likeliest.
        self.assertGreaterEqual(rows["tandem, standalone 3"]["accuracy"] * (len(ids) - 1), 40)
        self.assertLess(rows["tandem, block 2"]["accuracy"], 0.9)


class Export(unittest.TestCase):
    def test_the_same_tensors_are_the_same_bytes(self):
        tensors = {"b": torch.arange(3.0), "a": torch.ones(2, 2)}
        with tempfile.TemporaryDirectory() as folder:
            files = [pathlib.Path(folder, f"{number}.safetensors") for number in range(8)]
            for file in files:
                export.write_tensors(file, tensors, made_for="ä")
            self.assertEqual(len({file.read_bytes() for file in files}), 1)
            with safetensors.safe_open(files[0], "pt") as file:
                self.assertEqual(file.metadata(), {"format": "pt", "made_for": "ä"})
                self.assertEqual({name: file.get_tensor(name).tolist() for name in file.keys()}, {"a": [[1, 1], [1, 1]], "b": [0, 1, 2]})

    def test_training_begins_with_what_was_exported_as_it_reads(self):
        example, blocks = pair(Reading((1, 3))), {"trained": 2, "default": 3, "maximum": 8}
        variants = {"alone": Variant(SECONDARY, None), "tandem": Variant(SECONDARY, Reading((1, 3)))}
        other = {"other": Variant(SECONDARY, Reading((2, 3)))}
        with tempfile.TemporaryDirectory() as name:
            folder = pathlib.Path(name, "tandem")
            export.write_tandem(folder, example.primary, example.tandem, None, b"{}", blocks)
            export.write_independent(folder, folder.with_name("drafter"), example.tandem.secondary, b"{}", blocks)
            storage.replace_array(folder / "texts.npy", np.zeros(100, np.uint16))
            teacher = LiveTeacher(example.primary, folder / "texts.npy", "cpu", length=16, size=2)
            task, others = (SecondariesTask(each, teacher, Schedule(1, 0), "cpu") for each in (variants, other))
            begin(task, folder)
            with self.assertRaisesRegex(SystemExit, r"other cannot begin with .*pair.json: it has .*\(2, 3\).*the file .*\(1, 3\)"):
                begin(others, folder)
        example.tandem.bfloat16().float()
        expected = {"alone": example.tandem.secondary, "tandem": example.tandem}
        for name, model in task.models.items():
            self.assertTrue(equal(dict(model.state_dict()), dict(expected[name].state_dict())), name)

    @unittest.skipUnless(TOOL.exists(), f"{TOOL} is not built")
    def test_the_tool_finds_nothing_and_packs(self):
        example = pair(Reading((1, 3), bias=True))
        words = {"work": "One word after another, as words are written. " * 20}
        tokenizer = tokens.learn(words, 258)
        shape = {"vocabulary": tokenizer.get_vocab_size()}
        with tempfile.TemporaryDirectory() as name:
            folder = pathlib.Path(name, "tandem")
            example = resized(example, **shape)
            export.write_tandem(folder, example.primary, example.tandem, example.router, tokenizer.to_str().encode(),
                                {"trained": 2, "default": 3, "maximum": 8})  # fmt: skip
            export.write_independent(folder, folder.with_name("drafter"), example.tandem.secondary, tokenizer.to_str().encode(),
                                     {"default": 3, "maximum": 8})  # fmt: skip
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

    @unittest.skipUnless(TOOL.exists(), f"{TOOL} is not built")
    def test_a_reduced_head_beside_a_gguf_primary_validates(self):
        good = pathlib.Path(__file__).parents[1] / "good"
        primary = read_decoder(good / "huggingface/tiny-llama")
        width = primary.shape.width
        shape = Shape(96, width=width, layers=2, heads=2, shared_heads=1, feed_forward=24, context=128, head=40)
        tandem, drafter = Tandem(Decoder(shape), width, Reading((1, 2))), Decoder(shape)
        ids, embedding = torch.cat([torch.arange(20), torch.arange(60, 80)]), primary.embed_tokens.weight
        teacher = types.SimpleNamespace(embedding=embedding, head_ids=ids)
        for model in tandem, drafter:
            borrow(model, teacher)
        with tempfile.TemporaryDirectory() as name:
            folder = pathlib.Path(name)
            export.write_mapped(folder, drafter, tandem, Router(RouterShape(3, 8), width), ids, good / "gguf/tiny-llama.gguf",
                                embedding, {"trained": 2, "default": 3, "maximum": 8}, marks=(0, 1))  # fmt: skip
            with self.assertRaises(AssertionError):
                export.borrowed(drafter, embedding + 1, ids)
            for pair_file in ("pair.json", "speed.json"):
                found = subprocess.run([TOOL, "validate", folder / pair_file], capture_output=True, text=True)
                self.assertEqual(found.returncode, 0, found.stdout + found.stderr)
                # The one remark is that the tokenizer lies elsewhere, as PAIR.json says.
                self.assertEqual(re.findall(r"^(?:error|warning|note) +(\w+)", found.stdout, re.MULTILINE), ["TK013"])
            read = read_pair(folder / "pair.json", primary=good / "huggingface/tiny-llama")
            self.assertTrue(torch.equal(read.tandem.secondary.embed_tokens.weight, primary.embed_tokens.weight))
            self.assertTrue(torch.equal(read.tandem.secondary.lm_head.weight, primary.embed_tokens.weight[ids]))
            self.assertEqual(read.tokens(torch.tensor([19, 20])).tolist(), [19, 60])
            expected = generation.primary(read, [0, 5, 7], 10).ids
            self.assertEqual(generation.speculative(read, [0, 5, 7], 10, 3).ids, expected)


def resized(example, vocabulary: int):
    """The pair with embeddings of as many tokens as a tokenizer has."""
    for decoder in (example.primary, example.tandem.secondary):
        decoder.shape = decoder.shape.__class__(**(decoder.shape.__dict__ | {"vocabulary": vocabulary}))
        decoder.embed_tokens = torch.nn.Embedding(vocabulary, decoder.shape.width)
    return example


if __name__ == "__main__":
    unittest.main()
