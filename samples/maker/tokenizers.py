"""Three small tokenizers as their `tokenizer.json`: byte-level BPE, BPE with byte fallback, WordPiece."""

from typing import NamedTuple

LETTERS = "abcdefghijklmnopqrstuvwxyz"
CHARACTERS = LETTERS + LETTERS.upper() + "0123456789" + ".,!?'-:\""

# `_` stands for the mark of a space: `Ġ` in byte-level BPE, `▁` in the other.
MERGES = [
    ("_", "t"), ("h", "e"), ("_", "a"), ("i", "n"), ("r", "e"), ("o", "n"), ("_t", "he"), ("e", "r"), ("_", "s"), ("a", "t"),
    ("o", "u"), ("n", "d"), ("_", "w"), ("i", "s"), ("e", "n"), ("_a", "nd"), ("l", "l"), ("in", "g"), ("o", "r"), ("_", "o"),
]  # fmt: skip

CHAT_TEMPLATE = (
    "{{ bos_token }}{% for message in messages %}"
    "{% if message['role'] == 'user' %}<|user|>{% else %}<|assistant|>{% endif %}"
    "{{ message['content'] }}{{ eos_token }}{% endfor %}"
    "{% if add_generation_prompt %}<|assistant|>{% endif %}"
)


class Tokenizer(NamedTuple):
    tokens: list[str]
    merges: list[tuple[str, str]]
    special_count: int
    json: dict
    special_map: dict[str, str]
    config: dict


def added_tokens(tokens: list[str]) -> list[dict]:
    flags = {"single_word": False, "lstrip": False, "rstrip": False, "normalized": False, "special": True}
    return [{"id": index, "content": token, **flags} for index, token in enumerate(tokens)]


def assemble(tokens, merges, special, roles, *, tokenizer_class, normalizer, pre, post, decoder, model, **config) -> Tokenizer:
    tokenizer = {
        "version": "1.0",
        "truncation": None,
        "padding": None,
        "added_tokens": added_tokens(special),
        "normalizer": normalizer,
        "pre_tokenizer": pre,
        "post_processor": post,
        "decoder": decoder,
        "model": model,
    }
    config = {**config, **roles, "model_max_length": 128, "tokenizer_class": tokenizer_class}
    return Tokenizer(tokens, merges, len(special), tokenizer, roles, config)


def bpe_model(tokens: list[str], merges: list[tuple[str, str]], *, unk: str | None, byte_fallback: bool) -> dict:
    return {
        "type": "BPE",
        "dropout": None,
        "unk_token": unk,
        "continuing_subword_prefix": None,
        "end_of_word_suffix": None,
        "fuse_unk": byte_fallback,
        "byte_fallback": byte_fallback,
        "ignore_merges": False,
        "vocab": {token: index for index, token in enumerate(tokens)},
        "merges": [list(pair) for pair in merges],
    }


def begin_with(token: str, index: int) -> dict:
    """A post-processor that puts one token in front."""
    special = {"SpecialToken": {"id": token, "type_id": 0}}
    a, b = ({"Sequence": {"id": name, "type_id": type_id}} for name, type_id in (("A", 0), ("B", 1)))
    return {
        "type": "TemplateProcessing",
        "single": [special, a],
        "pair": [special, a, {"SpecialToken": {"id": token, "type_id": 1}}, b],
        "special_tokens": {token: {"id": token, "ids": [index], "tokens": [token]}},
    }


def byte_level() -> Tokenizer:
    """96 tokens: 4 special ones, the space and newline marks, 70 characters, 20 merges."""
    special = ["<|bos|>", "<|eos|>", "<|user|>", "<|assistant|>"]
    merges = [tuple(part.replace("_", "Ġ") for part in pair) for pair in MERGES]
    tokens = special + ["Ġ", "Ċ", *CHARACTERS] + ["".join(pair) for pair in merges]
    assert len(tokens) == len(set(tokens)) == 96
    level = {"type": "ByteLevel", "add_prefix_space": False, "trim_offsets": True, "use_regex": True}
    return assemble(
        tokens,
        merges,
        special,
        {"bos_token": "<|bos|>", "eos_token": "<|eos|>"},
        tokenizer_class="PreTrainedTokenizerFast",
        normalizer=None,
        pre=level,
        post=begin_with("<|bos|>", 0),
        decoder=level,
        model=bpe_model(tokens, merges, unk=None, byte_fallback=False),
        chat_template=CHAT_TEMPLATE,
        clean_up_tokenization_spaces=False,
    )


def byte_fallback() -> Tokenizer:
    """352 tokens, as SentencePiece models are converted: 256 of them are bytes."""
    special = ["<pad>", "<eos>", "<bos>", "<unk>"]
    merges = [tuple(part.replace("_", "▁") for part in pair) for pair in MERGES]
    tokens = special + [f"<0x{byte:02X}>" for byte in range(256)] + ["▁", *CHARACTERS] + ["".join(pair) for pair in merges]
    tokens.append("<unused0>")
    assert len(tokens) == len(set(tokens)) == 352
    space = {"type": "Replace", "pattern": {"String": " "}, "content": "▁"}
    decoders = [
        {"type": "Replace", "pattern": {"String": "▁"}, "content": " "},
        {"type": "ByteFallback"},
        {"type": "Fuse"},
    ]
    return assemble(
        tokens,
        merges,
        special,
        {"bos_token": "<bos>", "eos_token": "<eos>", "pad_token": "<pad>", "unk_token": "<unk>"},
        tokenizer_class="PreTrainedTokenizerFast",
        normalizer=space,
        pre=None,
        post=begin_with("<bos>", 2),
        decoder={"type": "Sequence", "decoders": decoders},
        model=bpe_model(tokens, merges, unk="<unk>", byte_fallback=True),
        clean_up_tokenization_spaces=False,
    )


def word_piece() -> Tokenizer:
    """96 tokens: 5 special ones, characters alone and continued, words."""
    special = ["[PAD]", "[UNK]", "[CLS]", "[SEP]", "[MASK]"]
    words = ["the", "and", "of", "to", "in", "is", "it", "you", "that", "was", "for", "on", "are", "with", "as"]
    tokens = special + [*LETTERS, *"0123456789", *".,!?"] + ["##" + letter for letter in LETTERS]
    tokens += words + ["##s", "##ing", "##ed", "##er", "##ly", "##es", "##en", "##al", "##on"]
    tokens = list(dict.fromkeys(tokens))
    tokens += [f"[unused{index}]" for index in range(96 - len(tokens))]
    assert len(tokens) == len(set(tokens)) == 96
    cls, sep = ({"SpecialToken": {"id": token, "type_id": 0}} for token in ("[CLS]", "[SEP]"))
    a, b = ({"Sequence": {"id": name, "type_id": type_id}} for name, type_id in (("A", 0), ("B", 1)))
    post = {
        "type": "TemplateProcessing",
        "single": [cls, a, sep],
        "pair": [cls, a, sep, b, {"SpecialToken": {"id": "[SEP]", "type_id": 1}}],
        "special_tokens": {t: {"id": t, "ids": [special.index(t)], "tokens": [t]} for t in ("[CLS]", "[SEP]")},
    }
    normalizer = {"type": "BertNormalizer", "clean_text": True, "handle_chinese_chars": True, "strip_accents": None, "lowercase": True}
    model = {
        "type": "WordPiece",
        "unk_token": "[UNK]",
        "continuing_subword_prefix": "##",
        "max_input_chars_per_word": 100,
        "vocab": {token: index for index, token in enumerate(tokens)},
    }
    roles = {"cls_token": "[CLS]", "mask_token": "[MASK]", "pad_token": "[PAD]", "sep_token": "[SEP]", "unk_token": "[UNK]"}
    return assemble(
        tokens,
        [],
        special,
        roles,
        tokenizer_class="BertTokenizer",
        normalizer=normalizer,
        pre={"type": "BertPreTokenizer"},
        post=post,
        decoder={"type": "WordPiece", "prefix": "##", "cleanup": True},
        model=model,
        do_lower_case=True,
    )
