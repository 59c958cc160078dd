"""The Qwen2.5-Coder 1.5B and 0.5B pair: validates, packs with one vocabulary, in little memory, and comes back."""

import filecmp
import pathlib
import tempfile

from support import MODELS, TOOL, check, peak_anonymous, tandem

import tandem_bundle

PRIMARY = MODELS / "qwen2.5-coder-1.5b-instruct-q4_k_m.gguf"
SECONDARY = MODELS / "qwen2.5-coder-0.5b-instruct-q4_k_m.gguf"
TOKENIZER_METADATA = 6


def main():
    pair = ["--primary", PRIMARY, "--secondary", SECONDARY]
    findings = tandem("validate", *pair)
    print(findings.strip())
    check("PAIR049" in findings, "the different chat templates are a finding")
    with tempfile.TemporaryDirectory(dir=MODELS) as name:
        folder = pathlib.Path(name)
        bundle = folder / "pair.tandem"
        code, peak = peak_anonymous([TOOL, "pack", *pair, "-o", bundle])
        check(code == 0, f"the pair packs: exit {code}")
        check(peak < 64 << 20, f"packing takes {peak / 1e6:.1f} MB of anonymous memory")
        opened = tandem_bundle.open(bundle)
        kinds = [section.kind for section in opened.sections]
        check(kinds.count(TOKENIZER_METADATA) == 1, f"the vocabulary is stored once: {kinds}")
        tandem("verify", bundle)
        tandem("unpack", bundle, "-o", folder / "unpacked")
        for role, source in (("primary", PRIMARY), ("secondary", SECONDARY)):
            copy = folder / "unpacked" / role / source.name
            check(filecmp.cmp(source, copy, shallow=False), f"{source.name} comes back bit for bit")
        total = PRIMARY.stat().st_size + SECONDARY.stat().st_size
        print(
            f"{total} bytes of GGUF packed into {bundle.stat().st_size}, at most {peak / 1e6:.1f} MB of anonymous "
            "memory, one vocabulary, both files come back bit for bit"
        )


if __name__ == "__main__":
    main()
