"""Hostile pairs whose flaw lies in a member: projection, router, secondary, tokenizer."""

import json
import struct

from . import models, pairs
from .broken import BORROWING, GGUF, GOOD, INDEPENDENT, MAPPED, TANDEM, Base
from .case import Case
from .drafters import drafters
from .good import llama_file
from .models import Model, Weight
from .numbers import Random, encode
from .pairs import DRAFT_HIDDEN, DRAFT_IDS, HIDDEN, METADATA, Files, below, edited, model_folder, projections, router, weights_file
from .plan import Link
from .safetensors import Tensor
from .tokenizers import Tokenizer, bpe_model


def cases() -> list[Case]:
    return [*projection(), *routers(), *values(), *roles(), *drafters(), *vocabulary(), *maps(), *embeddings(), *positions(), *identity(), *tensors()]


def with_projection(code: str, slug: str, what: str, tensors: list[Tensor], metadata: dict[str, str] = METADATA, **pair) -> Case:
    files: Files = {"projection.safetensors": weights_file(tensors, metadata)}
    if pair:
        files["PAIR.json"] = edited(TANDEM.pair, **pair)
    return Case(code, slug, what, TANDEM.files(files))


def with_secondary(code: str, slug: str, what: str, model: Model, tensors: list[Tensor] | None = None, base: Base = INDEPENDENT, **files) -> Case:
    folder = model_folder(model, tensors, METADATA if base in (TANDEM, BORROWING) else None)
    # Where the weights are those of the good secondary, its file is: only the header's metadata differs.
    if base is INDEPENDENT and tensors is None and models.tensors(model) == models.tensors(pairs.secondary()):
        folder["model.safetensors"] = GOOD["tandem/secondary/model.safetensors"]
    return Case(code, slug, what, base.files(below("secondary", folder) | files))


def replaced(tensors: list[Tensor], *others: Tensor) -> list[Tensor]:
    by_name = {tensor.name: tensor for tensor in tensors} | {tensor.name: tensor for tensor in others}
    return list(by_name.values())


def patched(tensor: Tensor, index: int, value: float) -> Tensor:
    """One element replaced, for values that the encoder does not take."""
    size, code = {"BF16": (2, "<H"), "F32": (4, "<f")}[tensor.dtype]
    bits = struct.unpack("<I", struct.pack("<f", value))[0] >> 16 if tensor.dtype == "BF16" else value
    data = bytearray(tensor.data)
    struct.pack_into(code, data, index * size, bits)
    return tensor._replace(data=bytes(data))


def zeros(tensor: Tensor) -> Tensor:
    return tensor._replace(data=bytes(len(tensor.data)))


# Projection ------------------------------------------------------------------------------------------------------


def projection() -> list[Case]:
    good = projections()
    biases = projections(biases=True)
    bias = TANDEM.pair["projection"] | {"bias": "projections.{j}.bias"}
    integers = Tensor("projections.0.weight", "I32", (DRAFT_HIDDEN, HIDDEN), struct.pack("<512i", *range(512)))
    wide = lambda *shape: [good[0], pairs.seeded("projections.1.weight", shape)]
    return [
        with_projection("PAIR031", "second", "the second layer has none", good[:1]),
        with_projection("PAIR031", "numbered-from-1", "they are numbered from 1", [tensor._replace(name=f"projections.{j + 1}.weight") for j, tensor in enumerate(good)]),
        with_projection("PAIR032", "third", "one too many: that of a secondary with three layers", projections(3)),
        with_projection("PAIR032", "other-tensor", "a tensor that nobody names", [*good, pairs.seeded("hidden_norm.weight", (HIDDEN,))]),
        with_projection("PAIR033", "transposed", "stored as (in, out)", projections(shape=(HIDDEN, DRAFT_HIDDEN))),
        with_projection("PAIR033", "narrow-primary", "made for a primary of width 24", wide(DRAFT_HIDDEN, 24)),
        with_projection("PAIR033", "wide-secondary", "made for a secondary of width 24", wide(24, HIDDEN)),
        with_projection("PAIR033", "rank-1", "a vector", wide(DRAFT_HIDDEN * HIDDEN)),
        with_projection("PAIR034", "unsaid", "biases that PAIR.json denies", biases),
        with_projection("PAIR034", "missing", "biases that PAIR.json promises", good, projection=bias),
        with_projection("PAIR034", "length", "a bias as long as the primary is wide", replaced(biases, pairs.seeded("projections.1.bias", (HIDDEN,))), projection=bias),
        with_projection("PAIR035", "integers", "weights as integers", replaced(good, integers)),
        with_projection("PAIR036", "half", "F16 behind BF16 states", projections(dtype="F16")),
    ]  # fmt: skip


# Router ----------------------------------------------------------------------------------------------------------


def routers() -> list[Case]:
    def case(code: str, slug: str, what: str, tensors: list[Tensor]) -> Case:
        return Case(code, slug, what, TANDEM.files({"router.safetensors": weights_file(tensors, {"format": "pt"})}))

    good = router()
    third = [pairs.seeded("layers.2.weight", (1, 1), "F32"), pairs.seeded("layers.2.bias", (1,), "F32")]
    two_out = [pairs.seeded("layers.1.weight", (2, 8), "F32"), pairs.seeded("layers.1.bias", (2,), "F32")]
    return [
        case("PAIR081", "one-layer", "the second layer is missing", good[:2]),
        case("PAIR081", "three-layers", "a third layer", [*good, *third]),
        case("PAIR081", "no-bias", "the second bias is missing", good[:3]),
        case("PAIR082", "inputs", "made for a secondary of width 32", router(inputs=1 + 4 + 4 * 32)),
        case("PAIR082", "outputs", "two numbers come out", replaced(good, *two_out)),
        case("PAIR082", "hidden", "the layers do not fit each other", replaced(good, pairs.seeded("layers.1.weight", (1, 9), "F32"))),
        case("PAIR035", "router-integers", "weights as integers", replaced(good, Tensor("layers.1.weight", "I32", (1, 8), bytes(32)))),
        case("VA002", "router-infinity", "a weight is infinite", replaced(good, patched(good[0], 7, float("inf")))),
    ]  # fmt: skip


# Values ----------------------------------------------------------------------------------------------------------


def misread(tensor: Tensor, stored: str, said: str) -> Tensor:
    """The bytes of one 16-bit type under the name of the other."""
    data = encode(models.values("pair", Weight(tensor.name, tensor.shape)), stored)
    return tensor._replace(dtype=said, data=data)


EMBEDDING = "model.embed_tokens.weight"


def values() -> list[Case]:
    good = projections()
    draft = models.tensors(pairs.secondary())
    embedding = next(tensor for tensor in draft if tensor.name == EMBEDDING)
    wide = {"hidden_size": 64, "head_dim": 16, "intermediate_size": 16, "num_key_value_heads": 1}
    primary = pairs.llama("pair-primary-wide", num_hidden_layers=3, **wide)
    secondary = pairs.llama("pair-secondary-wide", num_hidden_layers=1, **wide)
    random = Random("fresh")
    fresh = Tensor(EMBEDDING, "BF16", (96, 64), encode([0.02 * random.normal() for _ in range(96 * 64)], "BF16"))
    never_trained: Files = {
        **below("primary", model_folder(primary)),
        **below("secondary", model_folder(secondary, replaced(models.tensors(secondary), fresh))),
    }
    never_trained |= {name: GOOD[f"tandem/{name}"] for name in never_trained if "tokeniz" in name or "special" in name}
    return [
        with_projection("VA001", "projection-nan", "a weight is NaN", [good[0], patched(good[1], 5, float("nan"))]),
        with_secondary("VA002", "embedding-infinity", "an embedding is infinite", pairs.secondary(), replaced(draft, patched(embedding, 99, float("-inf")))),
        with_projection("PAIR037", "bf16-as-f16", "BF16 under the name F16", [misread(tensor, "BF16", "F16") for tensor in good]),
        with_projection("PAIR037", "f16-as-bf16", "F16 under the name BF16", [misread(tensor, "F16", "BF16") for tensor in good]),
        with_projection("VA003", "projection-zero", "a projection of zeros", [good[0], zeros(good[1])]),
        with_secondary("VA003", "embedding-zero", "an embedding of zeros", pairs.secondary(), replaced(draft, zeros(embedding))),
        Case("VA005", "embedding-random", "an embedding as it was initialised", INDEPENDENT.files(never_trained)),
    ]  # fmt: skip


# Roles -----------------------------------------------------------------------------------------------------------


def roles() -> list[Case]:
    good = lambda name: Link(f"../../../good/pairs/tandem/{name}")
    primary = models.tensors(pairs.primary())
    folder = {name.removeprefix("tandem/primary/"): content for name, content in GOOD.items() if name.startswith("tandem/primary/")}
    folder["model.safetensors"] = weights_file(primary, {"format": "pt", "title": "a copy"})
    other_name = json.loads(folder["config.json"]) | {"model_type": "newest", "architectures": ["NewestForCausalLM"]}
    draft = {"secondary/config.json": models.pretty(json.loads(GOOD["tandem/secondary/config.json"]) | other_name_keys(other_name))}
    bert = Link("../../../good/huggingface/tiny-bert")
    return [
        Case("PAIR012", "same-folder", "the primary, twice", INDEPENDENT.files({"secondary": good("primary")})),
        Case("PAIR012", "copy", "a copy of the primary with other metadata", INDEPENDENT.files(below("secondary", folder))),
        Case("PAIR013", "swapped", "the two are swapped", INDEPENDENT.files({"primary": good("secondary"), "secondary": good("primary")})),
        Case("PAIR014", "newest", "an architecture that nobody knows", INDEPENDENT.files(draft)),
        Case("PAIR015", "bert", "an encoder", INDEPENDENT.files({"secondary": bert})),
    ]


def other_name_keys(config: dict) -> dict:
    return {key: config[key] for key in ("model_type", "architectures")}


# Vocabulary ------------------------------------------------------------------------------------------------------


def with_tokenizer(code: str, slug: str, what: str, tokenizer: Tokenizer, **config) -> Case:
    return with_secondary(code, slug, what, pairs.secondary(**config)._replace(tokenizer=tokenizer))


def vocabulary() -> list[Case]:
    good = pairs.primary().tokenizer
    swapped = list(good.tokens)
    swapped[40], swapped[41] = swapped[41], swapped[40]
    more = [*good.tokens, "<|extra|>"]
    merges = [*good.merges[:-2], good.merges[-1], good.merges[-2]]
    template = good.config["chat_template"].replace("<|user|>", "<|assistant|>")
    untold = pairs.secondary(vocab_size=104)
    no_tokenizer = ("secondary/tokenizer.json", "secondary/tokenizer_config.json", "secondary/special_tokens_map.json")
    weights = {"secondary/config.json": models.pretty(untold.config), "secondary/model.safetensors": weights_file(models.tensors(untold), {"format": "pt"})}
    end = {"eos_token": "<|user|>"}
    padded = pairs.secondary(vocab_size=104)._replace(tokenizer=good._replace(tokens=[*good.tokens, *(f"[PAD{id}]" for id in range(96, 104))]))
    return [
        Case("PAIR041", "rows", "other vocabulary sizes, and no tokenizer that would explain them", INDEPENDENT.files(weights, no_tokenizer)),
        with_tokenizer("PAIR042", "two-swapped", "two tokens have each other's ids", with_tokens(good, swapped)),
        with_tokenizer("PAIR042", "other-language", "an accented letter", with_tokens(good, [*good.tokens[:30], "é", *good.tokens[31:]], good.merges[:0])),
        with_tokenizer("PAIR043", "one-more", "a token that the primary does not have", with_tokens(good, more), vocab_size=97),
        with_tokenizer("PAIR044", "one-less", "a token that the draft does not have", with_tokens(good, good.tokens[:-1], good.merges[:-1])),
        with_tokenizer("PAIR045", "rows-128", "32 rows of padding", good, vocab_size=128),
        Case("PAIR045", "pad-tokens", "8 rows of padding, which llama.cpp's converter gives texts", GGUF.files({"secondary.gguf": llama_file("F16", padded)})),
        with_tokenizer("PAIR046", "order", "two merge rules swapped", with_tokens(good, good.tokens, merges)),
        with_tokenizer("PAIR047", "no-begin", "the draft saw texts without a begin token", good._replace(json=good.json | {"post_processor": None})),
        with_tokenizer("PAIR048", "end", "another token ends the draft's texts", good._replace(config=good.config | end, special_map=good.special_map | end), eos_token_id=2),
        with_tokenizer("PAIR049", "roles", "another chat template", good._replace(config=good.config | {"chat_template": template})),
        Case("PAIR050", "secondary", "the secondary brings no tokenizer", INDEPENDENT.files({}, no_tokenizer)),
    ]  # fmt: skip


def with_tokens(good: Tokenizer, tokens: list[str], merges: list[tuple[str, str]] | None = None) -> Tokenizer:
    merges = good.merges if merges is None else merges
    model = bpe_model(tokens, merges, unk=None, byte_fallback=False)
    return good._replace(tokens=tokens, merges=merges, json=good.json | {"model": model})


def maps() -> list[Case]:
    def case(code: str, slug: str, what: str, tensors: list[Tensor], **vocabulary) -> Case:
        pair = edited(MAPPED.pair, vocabulary=MAPPED.pair["vocabulary"] | vocabulary)
        return Case(code, slug, what, MAPPED.files({"PAIR.json": pair, **pairs.mapped_secondary(tensors)}))

    good = pairs.mapped_tensors(DRAFT_IDS)
    as_ids = Tensor("d2t", "I64", (64,), struct.pack("<64q", *DRAFT_IDS))
    floats = Tensor("d2t", "F32", (64,), struct.pack("<64f", *DRAFT_IDS))
    square = Tensor("d2t", "I64", (8, 8), struct.pack("<64q", *DRAFT_IDS))
    mask = bytes(1 if index in DRAFT_IDS[:-1] else 0 for index in range(96))
    return [
        case("PAIR051", "short", "63 entries for 64 rows of the head", pairs.mapped_tensors(DRAFT_IDS[:-1], rows=64)),
        case("PAIR051", "empty", "a map without entries", pairs.mapped_tensors([], rows=64)),
        case("PAIR051", "floats", "a map of floating-point numbers", replaced(good, floats)),
        case("PAIR051", "square", "a map of 8 × 8", replaced(good, square)),
        case("PAIR052", "past-the-end", "an entry leads to token 96", pairs.mapped_tensors([*DRAFT_IDS[:-1], 96])),
        case("PAIR052", "negative", "an entry leads to token -1", pairs.mapped_tensors([*DRAFT_IDS[:-1], -1])),
        case("PAIR053", "twice", "two entries lead to one token", pairs.mapped_tensors([*DRAFT_IDS[:-1], 94])),
        case("PAIR054", "ids-as-offsets", "the ids are said to be offsets", replaced(good, as_ids)),
        case("PAIR055", "no-end", "no entry leads to the end token", pairs.mapped_tensors([0, 2, *range(34, 96)])),
        case("PAIR056", "mask", "the mask of the target's tokens lacks one", [*good, Tensor("t2d", "BOOL", (96,), mask)]),
    ]  # fmt: skip


# Positions and identity ------------------------------------------------------------------------------------------


def positions() -> list[Case]:
    return [
        with_secondary("PAIR061", "context", "the draft ends at 64 tokens", pairs.secondary(max_position_embeddings=64)),
        with_secondary("PAIR062", "base", "another rotary base", pairs.secondary(rope_theta=500000.0)),
        with_secondary("PAIR062", "scaling", "stretched rotary positions", pairs.secondary(rope_scaling={"rope_type": "linear", "factor": 2.0})),
    ]


def identity() -> list[Case]:
    other = "0" * 63 + "1"
    own = models.tensors(pairs.secondary())

    def claims(code: str, slug: str, what: str, pair: object, secondary: str | None, projection: str | None, **changes) -> Case:
        said = lambda digest: {"format": "pt"} | ({"made_for": digest} if digest else {})
        made_for = {"primary": pair} if pair else ...
        files: Files = {
            "PAIR.json": edited(TANDEM.pair, made_for=made_for, **changes),
            "secondary/model.safetensors": weights_file(own, said(secondary)),
            "projection.safetensors": weights_file(projections(), said(projection)),
        }
        return Case(code, slug, what, TANDEM.files(files))

    good = pairs.PRIMARY_DIGEST
    derived = {"path": "primary", "derived_from": {"digest": other, "transform": "gguf q8_0"}}
    third = "0" * 63 + "2"
    return [
        claims("PAIR071", "another", "made for another primary", other, other, other),
        claims("PAIR071", "by-metadata", "only the projection's metadata says for which primary, and it is another", None, None, other),
        claims("PAIR071", "derived-from-a-third", "the primary comes from one model, the secondary was made for a third", third, third, third, primary=derived),
        claims("PAIR072", "quantised", "made for the model that the primary comes from", other, other, other, primary=derived),
        claims("PAIR073", "projection", "the projection is that of another training", good, good, other),
        claims("PAIR073", "secondary", "the secondary is that of another training", good, other, good),
        claims("PAIR073", "description", "both are for another primary than PAIR.json says", good, other, other),
        claims("PAIR073", "no-digest", "the projection names its primary by a path", good, good, "/model/from_s3"),
        Case("PAIR073", "router", "the router is that of another training",
             TANDEM.files({"router.safetensors": weights_file(router(), {"format": "pt", "made_for": other})})),
        claims("PAIR074", "nothing-said", "nothing says for which primary the draft was made", None, None, None),
    ]


# The embedding ----------------------------------------------------------------------------------------------------


def embeddings() -> list[Case]:
    model, narrow = pairs.borrowing_secondary(), pairs.borrowing_secondary(DRAFT_HIDDEN)
    return [
        Case("MD004", "embedding-not-announced", "the secondary has no embedding, and nothing says that it reads the primary's",
             BORROWING.files({"PAIR.json": edited(BORROWING.pair, embedding=...)})),
        with_secondary("PAIR057", "own-embedding", "an embedding beside the one that is borrowed", model,
                       pairs.borrowing_tensors(model, embedding=True), BORROWING),
        with_secondary("PAIR057", "other-width", "the secondary is not as wide as the embedding that it borrows", narrow,
                       pairs.borrowing_tensors(narrow), BORROWING,
                       **{"projection.safetensors": weights_file(projections(1, (DRAFT_HIDDEN, HIDDEN)))}),
    ]  # fmt: skip


# What a model is found to lack ------------------------------------------------------------------------------------


def tensors() -> list[Case]:
    own = models.tensors(pairs.secondary())
    untied = pairs.secondary(tie_word_embeddings=False)
    less = lambda name: [tensor for tensor in own if tensor.name != name]
    head = pairs.seeded("lm_head.weight", (96, DRAFT_HIDDEN))
    return [
        with_secondary("MD010", "secondary-head", "no head, and the embedding is not said to be it", untied, own),
        with_secondary("MD009", "secondary-head", "a head that is not the embedding, which is said to be the head", pairs.secondary(), [*own, head]),
        with_secondary("MD004", "secondary-final-norm", "no final norm", pairs.secondary(), less("model.norm.weight")),
        with_secondary("MD004", "secondary-layer-norm", "no norm before attention", pairs.secondary(), less("model.layers.1.input_layernorm.weight")),
        with_secondary("MD013", "secondary-heads", "2 heads cannot share 3", pairs.secondary(num_key_value_heads=3)),
        with_secondary("MD011", "secondary-embedding", "an embedding with too few rows", pairs.secondary(vocab_size=104), own),
    ]  # fmt: skip
