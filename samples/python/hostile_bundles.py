"""Makes `.tandem` bundles with one flaw each from good ones, to test readers.

    python hostile_bundles.py FOLDER

writes `<number>-<flaw>.tandem` for each flaw and prints the list. The digests are made again over
the flawed bytes, so that they do not hide the flaw. With each flaw stand the words that the readers
of `samples/` use for it. `flips` and `truncations` give every small damage of a bundle.
"""

import os
import sys

from edit_bundle import Bundle, written
from hostile_contents import CONTENT_FLAWS
from hostile_directory import DIRECTORY_FLAWS, UNSEALED_FLAWS
from hostile_sections import SECTION_FLAWS
from write_bundle import example

# What no reader finds that does not decode LZ4 frames.
NEEDS_DECODER = {
    "lz4-header-checksum", "lz4-content-checksum", "lz4-block-damaged", "lz4-content-shorter",
    "lz4-content-longer", "lz4-template-not-utf-8", "lz4-file-map-past-payload"}


def is_left_to_python(name):
    """Returns whether the C reader cannot find the flaw: it decodes no LZ4 and reads no JSON."""
    return name in NEEDS_DECODER or name.startswith("manifest-")


def hostile_bundles():
    """Yields the flaws: name, the readers' words, whether `open` finds it, the bundle's bytes."""
    good = bytes(written(**example()).data)
    for name, words, edit in UNSEALED_FLAWS:
        yield name, words, True, bytes(edit(Bundle(good)).data)
    for flaws, is_found_by_open in (
            (DIRECTORY_FLAWS, True), (SECTION_FLAWS, True), (CONTENT_FLAWS, False)):
        for name, words, edit in flaws:
            yield name, words, is_found_by_open, bytes(edit(Bundle(good)).seal().data)


def flips(data, masks=(0x01, 0x80)):
    """Yields the position and the damaged bytes for every byte and every mask."""
    damaged = bytearray(data)
    for position in range(len(data)):
        for mask in masks:
            damaged[position] ^= mask
            yield position, damaged
            damaged[position] ^= mask


def truncations(data):
    """Yields every shorter beginning of the bytes."""
    for length in range(len(data)):
        yield length, data[:length]


def main():
    if len(sys.argv) != 2:
        sys.exit("usage: hostile_bundles.py FOLDER")
    os.makedirs(sys.argv[1], exist_ok=True)
    for number, (name, _, _, data) in enumerate(hostile_bundles(), 1):
        file_name = f"{number:03}-{name}.tandem"
        with open(os.path.join(sys.argv[1], file_name), "wb") as file:
            file.write(data)
        print(file_name)


if __name__ == "__main__":
    main()
