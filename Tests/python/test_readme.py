"""Every command of the README and of its pages runs, in its order, in one folder with the files that it names."""

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
    readme = list(commands(ROOT / "README.md"))
    for page in sorted((ROOT / "docs").glob("*.md")):
        with tempfile.TemporaryDirectory() as name:
            os.symlink(SAMPLES, pathlib.Path(name) / "samples")
            script = list(commands(page))
            check(script, f"{page.name} has no command")
            run(readme + script, name)
            print(f"{len(readme)} commands of README.md and {len(script)} of docs/{page.name} run")


if __name__ == "__main__":
    main()
