"""Every command of the README and of its pages runs, in its order, in one folder with the files that it names."""

import os
import pathlib
import re
import shutil
import subprocess
import tempfile

from support import ROOT, SAMPLES, TOOL, check

# What is not the tool itself is run by CI in other steps.
ELSEWHERE = ("make ", "git ", "swift ")


PAGES = ("README.md", "docs/converting.md")


def commands(page):
    for block in re.findall(r"```sh\n(.*?)```", (ROOT / page).read_text(), re.S):
        for line in block.splitlines():
            command = line.split(" #")[0].strip()
            if command and not command.startswith(ELSEWHERE):
                yield command


def lay_out(folder):
    """The files that the README's commands name."""
    shutil.copy(SAMPLES / "good/gguf/tiny-llama.gguf", folder / "model.gguf")
    shutil.copytree(SAMPLES / "good/pairs/tandem", folder, dirs_exist_ok=True)
    pair = SAMPLES / "good/pairs/independent-gguf"
    shutil.copy(pair / "primary.gguf", folder / "large.gguf")
    shutil.copy(pair / "secondary.gguf", folder / "small.gguf")
    (folder / "story.txt").write_text("Once upon a time there was a fox.")


def run(page):
    with tempfile.TemporaryDirectory() as name:
        folder = pathlib.Path(name)
        lay_out(folder)
        environment = dict(os.environ, PATH=f"{TOOL.parent}:{os.environ['PATH']}")
        count = 0
        for command in commands(page):
            result = subprocess.run(
                ["bash", "-c", command], cwd=folder, env=environment, capture_output=True, text=True
            )
            check(result.returncode == 0, f"{command}: exit {result.returncode}\n{result.stdout}{result.stderr}")
            count += 1
        check(count >= 10, f"{page} has {count} commands of the tool")
        print(f"{count} commands of {page} run")


def main():
    for page in PAGES:
        run(page)


if __name__ == "__main__":
    main()
