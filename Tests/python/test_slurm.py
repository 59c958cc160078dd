"""A job array of a real Slurm on this machine converts a checkpoint in parts, as samples/slurm shows.

Needs Debian's slurmctld, slurmd, slurm-client and munge, and root: the daemons run with settings in a temporary
folder and end with this check.
"""

import contextlib
import getpass
import os
import pathlib
import socket
import subprocess
import sys
import tempfile
import time

from support import SAMPLES, TOOL, check, tandem

from test_rate import make_checkpoint

PARTS = 3
ARGUMENTS = ["--dtype", "u8", "--shard-size", "128MB"]


def free_port():
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        return probe.getsockname()[1]


def settings(folder):
    host = socket.gethostname().split(".")[0]
    lines = {
        "ClusterName": "test", "SlurmctldHost": f"{host}(127.0.0.1)", "SlurmUser": getpass.getuser(),
        "SlurmctldPort": free_port(), "SlurmdPort": free_port(), "AuthType": "auth/munge",
        "AuthInfo": f"socket={folder}/munge.socket", "CryptoType": "crypto/munge",
        "StateSaveLocation": folder / "state", "SlurmdSpoolDir": folder / "spool", "SwitchType": "switch/none",
        "SlurmctldPidFile": folder / "slurmctld.pid", "SlurmdPidFile": folder / "slurmd.pid",
        "SlurmctldLogFile": folder / "slurmctld.log", "SlurmdLogFile": folder / "slurmd.log",
        "ProctrackType": "proctrack/linuxproc", "TaskPlugin": "task/none", "MpiDefault": "none", "ReturnToService": 2,
        "JobAcctGatherType": "jobacct_gather/none", "SelectType": "select/cons_tres", "SelectTypeParameters": "CR_Core",
    }  # fmt: skip
    text = "".join(f"{key}={value}\n" for key, value in lines.items())
    text += f"NodeName={host} NodeAddr=127.0.0.1 CPUs={os.cpu_count()} State=UNKNOWN\n"
    return text + f"PartitionName=all Nodes={host} Default=YES MaxTime=INFINITE State=UP\n"


@contextlib.contextmanager
def slurm(folder):
    """The daemons of a cluster of one machine; yields the environment in which its commands find it."""
    for name in ("state", "spool"):
        (folder / name).mkdir()
    (folder / "slurm.conf").write_text(settings(folder))
    (folder / "munge.key").write_bytes(os.urandom(128))
    (folder / "munge.key").chmod(0o600)
    environment = os.environ | {"SLURM_CONF": str(folder / "slurm.conf"), "PATH": f"{TOOL.parent}:{os.environ['PATH']}"}
    munge = ["munged", "--foreground", "--force", f"--socket={folder}/munge.socket", f"--key-file={folder}/munge.key"]
    munge += [f"--log-file={folder}/munged.log", f"--pid-file={folder}/munged.pid", f"--seed-file={folder}/munged.seed"]
    daemons = []
    try:
        for command in (munge, ["slurmctld", "-D"], ["slurmd", "-D"]):
            output = open(folder / f"{command[0]}.output", "w")
            daemons.append(subprocess.Popen(command, env=environment, stdout=output, stderr=output))
            time.sleep(1)
        yield environment
    finally:
        for daemon in reversed(daemons):
            daemon.terminate()
            daemon.wait()


def submit(environment, folder, *arguments):
    command = ["sbatch", "--parsable", f"--output={folder}/job-%A-%a.txt", *map(str, arguments)]
    for _ in range(30):
        result = subprocess.run(command, env=environment, cwd=folder, capture_output=True, text=True)
        if result.returncode == 0:
            return result.stdout.strip()
        time.sleep(1)
    sys.exit(f"sbatch: {result.stderr}")


def wait_for_all(environment, folder):
    deadline = time.monotonic() + 300
    while time.monotonic() < deadline:
        queue = subprocess.run(["squeue", "--noheader"], env=environment, capture_output=True, text=True)
        if queue.returncode == 0 and not queue.stdout.strip():
            return
        time.sleep(1)
    logs = "".join(path.read_text() for path in sorted(folder.glob("*.log")))
    sys.exit(f"the jobs did not end:\n{queue.stdout}{logs}")


if __name__ == "__main__":
    # A path of a socket has at most 107 bytes.
    with tempfile.TemporaryDirectory(dir="/tmp") as name:
        folder = pathlib.Path(name)
        source, target, whole = folder / "large.safetensors", folder / "parts", folder / "whole"
        target.mkdir()
        whole.mkdir()
        make_checkpoint(source, 40)
        scripts = SAMPLES / "slurm"
        with slurm(folder) as environment:
            paths = [source, target / "model.safetensors", *ARGUMENTS]
            job = submit(environment, folder, f"--array=1-{PARTS}", scripts / "convert.sbatch", *paths)
            submit(environment, folder, f"--dependency=afterok:{job}", scripts / "join.sbatch", *paths)
            wait_for_all(environment, folder)
        outputs = "".join(path.read_text() for path in sorted(folder.glob("job-*.txt")))
        tandem("convert", source, whole / "model.safetensors", *ARGUMENTS)
        names = sorted(path.name for path in whole.iterdir())
        check(sorted(path.name for path in target.iterdir()) == names, f"other files than {names}:\n{outputs}")
        for name in names:
            check((whole / name).read_bytes() == (target / name).read_bytes(), f"{name} differs:\n{outputs}")
        print(f"{PARTS} tasks of a Slurm job array and one that joins: {len(names)} files, the same as in one run")
