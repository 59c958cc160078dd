"""A conversation on a terminal: it remembers what was said without computing it again, Ctrl-C ends an answer only, and
Ctrl-D all of it."""

import json
import os
import pty
import re
import select
import signal
import subprocess
import sys
import tempfile
import time

from support import MODELS, TOOL, check, tandem

MODEL = MODELS / "SmolLM2-135M-Instruct.Q4_1.gguf"


class Talk:
    """`tandem run` on a terminal of its own."""

    def __init__(self, *arguments):
        self.process, self.terminal = pty.fork()
        if self.process == 0:
            os.execv(TOOL, [str(word) for word in (TOOL, "run", *arguments)])

    def read_until(self, what, seconds=60):
        """What is written up to a text, without the terminal's carriage returns."""
        text, end = "", time.monotonic() + seconds
        while what not in text:
            ready, _, _ = select.select([self.terminal], [], [], max(0, end - time.monotonic()))
            check(ready, f"'{what}' was not written in {seconds} s, but:\n{text}")
            text += os.read(self.terminal, 1 << 16).decode(errors="replace").replace("\r\n", "\n")
        return text

    def write(self, text):
        os.write(self.terminal, text.encode())

    def say(self, text):
        """An answer and the numbers of tokens that were read and that were known."""
        self.write(text + "\n")
        answer, _, rest = self.read_until("\n> ").removeprefix(text + "\n").partition("\nprompt: ")
        read = re.match(r"(\d+) tokens?(?: behind (\d+) known ones)?", rest)
        return answer, int(read[1]), int(read[2] or 0)

    def end(self):
        self.write("\x04")
        end = time.monotonic() + 20
        while time.monotonic() < end:
            found, status = os.waitpid(self.process, os.WNOHANG)
            if found:
                return os.waitstatus_to_exitcode(status)
            time.sleep(0.05)
        os.kill(self.process, signal.SIGKILL)
        sys.exit("failed: Ctrl-D does not end the conversation")


def template(bundle, option, *messages):
    """A conversation up to where the model speaks: its ids, or its text."""
    value = [{"role": role, "content": text} for role, text in messages]
    words = [TOOL, "tokenize", bundle, "--chat", option]
    text = json.dumps({"messages": value, "add_generation_prompt": True})
    return subprocess.run(words, input=text, capture_output=True, text=True, check=True).stdout


def token_count(bundle, *messages):
    return len(template(bundle, "--ids", *messages).split())


def check_memory(bundle):
    """The second turn reads its own words only, and is answered as the whole conversation is."""
    talk = Talk(bundle, "--stats", "--max-tokens", 24)
    talk.read_until("\n> ")
    first, second = "My name is Ada and I live in Paris.", "What is my name?"
    answer, read, known = talk.say(first)
    whole = token_count(bundle, ("user", first))
    check((read, known) == (whole, 0), f"the first turn reads its {whole} tokens: {read} behind {known}")
    answer_2, read_2, known_2 = talk.say(second)
    conversation = ("user", first), ("assistant", answer), ("user", second)
    whole_2 = token_count(bundle, *conversation)
    check(read_2 + known_2 == whole_2, f"the second turn's {whole_2} tokens are read or known: {read_2} behind {known_2}")
    check(known_2 > whole, f"the first turn and its answer are known: {known_2} of more than {whole}")
    afresh = tandem("run", bundle, "-p", template(bundle, "--decode", *conversation), "--max-tokens", 24).strip("\n")
    check(answer_2 == afresh, f"the second answer is that of the conversation computed afresh:\n{answer_2}\n{afresh}")
    alone = tandem("run", bundle, "--chat", "-p", second, "--max-tokens", 24).strip("\n")
    check(answer_2 != alone, "without the first turn the second answer is another")
    check(talk.end() == 0, "Ctrl-D ends with exit 0")
    print(f"the second turn reads {read_2} tokens behind {known_2} known ones")


def check_interruption(bundle):
    """Ctrl-C ends an answer, after which the conversation goes on."""
    # Far more than is written before Ctrl-C, and few enough for the answer behind it.
    talk = Talk(bundle, "--stats", "--max-tokens", 400)
    talk.read_until("\n> ")
    question = "Write a very long story about the sea."
    talk.write(question + "\n")
    talk.read_until(question)
    started = talk.read_until(" ")
    talk.write("\x03")
    rest = talk.read_until("\n> ")
    check("ended by an interruption" in rest, f"Ctrl-C ends the answer:\n{started}{rest}")
    _, read, known = talk.say("Say hello.")
    check(known > 0 and read < 60, f"what was said before is known: {read} tokens are read behind {known}")
    check(talk.end() == 0, "Ctrl-D ends with exit 0")
    print("Ctrl-C ends an answer only, Ctrl-D the conversation")


if __name__ == "__main__":
    if not MODEL.exists():
        sys.exit(print(f"skipped: {MODEL} is not there; samples/fetch.py smollm2 fetches it"))
    with tempfile.TemporaryDirectory() as folder:
        bundle = f"{folder}/model.tandem"
        tandem("pack", MODEL, "-o", bundle)
        check_memory(bundle)
        check_interruption(bundle)
