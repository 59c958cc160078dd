"""The tandem forward pass against the equations, and against inference as an engine does it."""

import itertools
import unittest

import torch

import generation
from decoder import Decoder, Shape
from incremental import Incremental
from pairs import Pair
from router import Router, RouterShape
from tandem import Reading, Tandem, block_mask, own_from, taps

# The models are so small that threads would only wait for each other.
torch.set_num_threads(1)

PRIMARY = Shape(vocabulary=64, width=32, layers=3, heads=4, shared_heads=2, feed_forward=48, context=64)
SECONDARY = Shape(vocabulary=64, width=16, layers=2, heads=2, shared_heads=1, feed_forward=24, context=64)
IDS = [0, *torch.randint(2, 64, (18,), generator=torch.Generator().manual_seed(5)).tolist()]


def pair(reading: Reading = Reading((1, 3)), seed: int = 1, *, independent: bool = False) -> Pair:
    """An untrained pair with weights so large that its texts vary."""
    torch.manual_seed(seed)
    primary, secondary = Decoder(PRIMARY), Decoder(SECONDARY)
    tandem = Tandem(secondary, PRIMARY.width, reading)
    router = Router(RouterShape(top_k=3, hidden=8), SECONDARY.width)
    for module in (primary, tandem):
        for weight in module.parameters():
            torch.nn.init.normal_(weight, std=weight.shape[-1] ** -0.5 if weight.dim() == 2 else 1)
        module.requires_grad_(False)
    if independent:
        return Pair(primary, None, secondary, None, {})
    return Pair(primary, tandem, None, router.requires_grad_(False), {})


class Mask(unittest.TestCase):
    def test_equation_2_by_brute_force(self):
        for count, block, boundary, shift in itertools.product((1, 7, 12), (1, 2, 3, 5, 20), ("block", "paper"), (0, 1, 2)):
            if shift >= block:
                continue
            mask = block_mask(own_from(torch.arange(count), block, boundary, shift)).tolist()
            for query in range(count):
                # i counts from 1, as in the paper; positions before `shift` of the first block are cut off.
                i = query + 1 + shift
                k = i // block * block if boundary == "paper" else (i - 1) // block * block
                projected = {position for position in range(count) if position + 1 + shift <= k}
                own = {position for position in range(count) if k + 1 <= position + 1 + shift <= i}
                self.assertEqual({key for key in range(count) if mask[query][key]}, own)
                self.assertEqual({key for key in range(count) if mask[query][count + key]}, projected)

    def test_a_block_of_0_never_ends(self):
        mask = block_mask(own_from(torch.arange(5), 0, "block"))
        self.assertTrue(torch.equal(mask[:, :5], torch.ones(5, 5).tril().bool()))
        self.assertFalse(mask[:, 5:].any())


class OnePass(unittest.TestCase):
    def test_equals_the_secondary_alone_where_a_block_never_ends(self):
        tandem = pair()
        torch.testing.assert_close(generation.tandem_logits(tandem, IDS, 0), generation.secondary_logits(tandem, IDS))

    def test_positions_that_are_kept_have_the_logits_that_they_have_among_all(self):
        example, ids, kept = pair(), torch.tensor([IDS]), torch.tensor([0, 3, 7])
        read = taps(example.primary, example.primary.states(ids), example.tandem.reading)
        first = own_from(torch.arange(len(IDS)), 4, "block")[None]
        torch.testing.assert_close(example.tandem(ids, read, first, kept), example.tandem(ids, read, first)[:, kept])
        torch.testing.assert_close(example.primary(ids, kept), example.primary(ids)[:, kept])

    def test_no_position_sees_what_is_behind_it(self):
        for boundary in ("block", "paper"):
            tandem = pair(Reading((2, 3), boundary=boundary))
            changed = IDS[:11] + [IDS[11] ^ 1] + IDS[12:]
            one, other = (generation.tandem_logits(tandem, ids, 3) for ids in (IDS, changed))
            torch.testing.assert_close(one[:11], other[:11])
            self.assertFalse(torch.allclose(one[11:], other[11:]))

    def test_equals_cached_inference(self):
        readings = [
            Reading((0, 3)),
            Reading((1, 2), boundary="paper"),
            Reading((3, 3), final_norm=False, projected_norm=False, bias=True),
        ]
        for reading, block in itertools.product(readings, (1, 2, 5)):
            tandem = pair(reading)
            expected = generation.tandem_logits(tandem, IDS, block)
            states = taps(tandem.primary, tandem.primary.states(torch.tensor([IDS])), reading)
            cache, processed = Incremental(tandem.tandem), 0
            first = own_from(torch.arange(len(IDS)), block, reading.boundary).tolist()
            for position, token in enumerate(IDS):
                if first[position] > processed:
                    cache.read(processed, [state[:, processed : first[position]] for state in states])
                    processed = first[position]
                torch.testing.assert_close(cache.step(token, position), expected[position], rtol=1e-4, atol=1e-4)


class Modes(unittest.TestCase):
    def test_verified_texts_are_the_primary_s(self):
        for example in (pair(), pair(Reading((2, 3), boundary="paper")), pair(independent=True)):
            expected = generation.primary(example, IDS[:4], 20).ids
            self.assertGreater(len(set(expected)), 3)
            for block in (1, 2, 5):
                self.assertEqual(generation.speculative(example, IDS[:4], 20, block).ids, expected)

    def test_an_adaptive_block_ends_where_the_router_says(self):
        tandem = pair()
        expected = generation.primary(tandem, IDS[:4], 20).ids
        for threshold, longest in ((0.0, 1), (1.1, 6)):
            written = generation.speculative(tandem, IDS[:4], 20, 6, threshold)
            self.assertEqual(written.ids, expected)
            self.assertEqual({drafted for drafted, _ in written.blocks}, {longest})

    def test_a_secondary_that_is_the_primary_is_always_accepted(self):
        same = pair(independent=True)
        same.drafter = same.primary
        written = generation.speculative(same, IDS[:4], 21, 4)
        self.assertEqual(written.blocks, [(4, 4)] * 4)
        self.assertEqual(written.primary_passes, 5)

    def test_standalone_blocks_match_the_one_pass_form(self):
        tandem, prompt, block = pair(), IDS[:4], 4
        written = generation.standalone(tandem, prompt, 12, block, free_token=False)
        # The primary has read all but the last token of the prompt, so blocks begin at position 3.
        first = own_from(torch.arange(15), block, "block", shift=1)
        tokens = torch.tensor([prompt + written.ids[:-1]])
        states = taps(tandem.primary, tandem.primary.states(tokens), tandem.tandem.reading)
        logits = tandem.tandem(tokens, states, first[None])[0]
        self.assertEqual(logits[3:].argmax(-1).tolist(), written.ids)

    def test_a_free_token_is_the_primary_s(self):
        tandem = pair()
        written = generation.standalone(tandem, IDS[:4], 12, 3, free_token=True)
        for at in range(0, 12, 4):
            choice = generation.primary_logits(tandem, IDS[:4] + written.ids[:at])[-1].argmax()
            self.assertEqual(written.ids[at], choice)


if __name__ == "__main__":
    unittest.main()
