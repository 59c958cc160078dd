"""Every command of the README and of its pages runs, in its order, in one folder with the files that it names: all pages after each
other, as a reader would."""

import os
import pathlib
import re
import subprocess
import tempfile

from support import ROOT, SAMPLES, TOOL, check

# What is not the tool itself is run by CI in other steps.
ELSEWHERE = ("make ", "git ", "swift ")


def commands(page):
    for block in re.findall(r"```sh\n(.*?)```", page.read_text(), re.S):
        for line in block.splitlines():
            command = line.split(" #")[0].strip()
            if command and not command.startswith(ELSEWHERE):
                yield command


def run(script, folder):
    environment = dict(os.environ, PATH=f"{TOOL.parent}:{os.environ['PATH']}")
    lines = "\n".join(script)
    result = subprocess.run(
        ["bash", "-euo", "pipefail", "-x", "-c", lines], cwd=folder, env=environment, capture_output=True, text=True
    )
    check(result.returncode == 0, f"exit {result.returncode}\n{result.stdout[-2000:]}{result.stderr[-2000:]}")


def main():
    readme = (ROOT / "README.md").read_text()
    pages = list(dict.fromkeys(re.findall(r"\(docs/(\w+\.md)\)", readme)))
    check(set(pages) == {page.name for page in (ROOT / "docs").glob("*.md")}, f"the README names every page: {pages}")
    with tempfile.TemporaryDirectory() as name:
        os.symlink(SAMPLES, pathlib.Path(name) / "samples")
        script = list(commands(ROOT / "README.md"))
        run(script, name)
        print(f"{len(script)} commands of README.md run")
        for page in pages:
            script = list(commands(ROOT / "docs" / page))
            check(script, f"{page} has no command")
            run(script, pathlib.Path(name) / "try")
            print(f"{len(script)} commands of docs/{page} run")


if __name__ == "__main__":
    main()
