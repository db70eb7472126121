"""The files that launch a search on clusters: read by their parsers, and run where they can be."""

from __future__ import annotations

import os
import re
import signal
import socket
import subprocess
import sys
import tempfile
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from importlib.util import find_spec
from pathlib import Path

import pytest
import yaml

from tests.support.commands import Run

FOLDER = Path(__file__).parent.parent / "scripts" / "cluster"
FAKE = '#!/bin/sh\nfor one in "$@"; do echo "$one"; done\n'


@pytest.mark.parametrize("path", sorted(FOLDER.glob("*.sh")), ids=lambda path: path.name)
def test_shell_scripts_are_read_by_the_shell(path: Path) -> None:
    """And may be executed."""
    subprocess.run(["bash", "-n", path], check=True)
    assert os.access(path, os.X_OK)


@pytest.mark.parametrize("name", ["ray_cluster.yaml", "rayjob.yaml"])
def test_yaml_is_read(name: str) -> None:
    """With what Ray's launcher and KubeRay need at least."""
    known = yaml.safe_load((FOLDER / name).read_text(encoding="utf-8"))
    if name == "ray_cluster.yaml":
        assert known["provider"]["type"] == "local"
        assert len(known["provider"]["worker_ips"]) == known["max_workers"]
    else:
        assert (known["apiVersion"], known["kind"]) == ("ray.io/v1", "RayJob")
        containers = known["spec"]["rayClusterSpec"]["headGroupSpec"]["template"]["spec"]
        assert containers["containers"][0]["image"]


def test_options_are_those_of_the_command(run: Run) -> None:
    """All that stand behind `search` or `resume` in these files are ones that it takes."""
    known = set(re.findall(r"--[a-z-]+", run("search", "--help").out))
    for path in FOLDER.iterdir():
        text = path.read_text(encoding="utf-8")
        for line in re.findall(r"(?:evosearch (?:search|resume)|runs/mine) (.*)", text):
            assert set(re.findall(r"(?<!\S)--[a-z-]+", line)) <= known, (path.name, line)


def carried_out(folder: Path, *options: str) -> list[str]:
    """The arguments with which Python would be called."""
    (folder / "bin").mkdir(exist_ok=True)
    (folder / "bin" / "python").write_text(FAKE)
    (folder / "bin" / "python").chmod(0o755)
    done = subprocess.run(
        ["bash", FOLDER / "search_or_resume.sh", folder / "run", *options],
        env={**os.environ, "PATH": f"{folder / 'bin'}:{os.environ['PATH']}"},
        check=True,
        capture_output=True,
        text=True,
    )
    return done.stdout.splitlines()


def test_a_run_that_is_there_is_resumed(tmp_path: Path) -> None:
    """With the options that may differ from one time to the other, and no others."""
    options = ("--preset", "quick", "--workers", "4", "--slots", "4", "--ray-address=a:1")
    options += ("--task", "micro", "--task", "mine.py:MINE", "--gpus-per-worker=0.5")
    folder = str(tmp_path / "run")
    begun = carried_out(tmp_path, *options)
    assert begun == ["-m", "evosearch", "search", "--out", folder, *options]
    (tmp_path / "run").mkdir()
    (tmp_path / "run" / "run.sqlite").touch()
    resumed = carried_out(tmp_path, *options)
    kept = ["--workers", "4", "--ray-address", "a:1", "--task", "mine.py:MINE"]
    kept += ["--gpus-per-worker", "0.5"]
    assert resumed == ["-m", "evosearch", "resume", folder, *kept]


SLURM = {
    "scontrol": 'printf "%s\\n" one two three',
    # As Slurm does, it runs what stands behind its own options.
    "srun": """echo "srun $@" >> told
while true; do case $1 in -w) shift 2 ;; -*) shift ;; *) break ;; esac; done
exec "$@\"""",
    "hostname": "echo 127.0.0.1 ::1",
    "ray": f"""[[ "$*" != *--head* ]] ||
exec {sys.executable} -m http.server -b 127.0.0.1 $RAY_PORT""",
    "python": """trap 'echo stopped >> told; exit 130' TERM
echo "python $@" >> told
for _ in $(seq 600); do sleep 0.1; done""",
}
"""What stands for programs of Slurm and Ray, and for the search."""


def test_on_slurm_the_signal_before_the_end_reaches_the_search(tmp_path: Path) -> None:
    """Which runs on a Ray of all nodes, begun before; its exit status is the job's."""
    for name, text in SLURM.items():
        (tmp_path / name).write_text(f"#!/bin/bash\n{text}\n")
        (tmp_path / name).chmod(0o755)
    (tmp_path / "scripts").symlink_to(FOLDER.parent)
    (tmp_path / "told").touch()
    (port,) = free_ports(1)
    known = {"RAY_PORT": str(port), "SLURM_JOB_NUM_NODES": "3", "SLURM_CPUS_PER_TASK": "4"}
    known |= {"SLURM_JOB_NODELIST": "x", "PATH": f"{tmp_path}:{os.environ['PATH']}"}
    begun = ["bash", str(FOLDER / "slurm.sh"), "run", "--workers", "2"]
    with subprocess.Popen(begun, cwd=tmp_path, env={**os.environ, **known}) as process:
        wait_until(lambda: len((tmp_path / "told").read_text().splitlines()) == 4, 60)
        process.send_signal(signal.SIGTERM)
        assert process.wait(60) == 130
    *begun, stopped = (tmp_path / "told").read_text().splitlines()
    # What runs in the background may tell of itself in any order.
    search, head, where, others = sorted(begun)
    assert where == "srun --nodes=1 --ntasks=1 -w one hostname --ip-address"
    assert "-w one ray start --head --node-ip-address=127.0.0.1" in head
    assert re.search(r"--nodes=2 .* --cpus-per-task=4 --exclude=one ray start --address=", others)
    address = f"--ray-address 127.0.0.1:{port} --workers 11 --workers 2"
    assert search == f"python -m evosearch search --out run {address}"
    assert stopped == "stopped"
    # Slurm's manual: without `B:` the steps get the signal, and the script does not.
    assert "--signal=B:TERM@" in (FOLDER / "slurm.sh").read_text()


def free_ports(count: int) -> list[int]:
    """Ports of this machine at which nobody listens."""
    sockets = [socket.create_server(("127.0.0.1", 0)) for _ in range(count)]
    ports = [one.getsockname()[1] for one in sockets]
    for one in sockets:
        one.close()
    return ports


def wait_until(true: Callable[[], bool], seconds: float, pause: float = 0.5) -> None:
    """Asks again and again, and fails where it does not come true."""
    end = time.monotonic() + seconds
    while not true():
        assert time.monotonic() < end
        time.sleep(pause)


@contextmanager
def job_server(folder: Path) -> Iterator[dict[str, str]]:
    """A Ray of its own with a job server; gives the environment in which commands reach it."""
    gcs, client, agent, server = free_ports(4)
    (folder / "token").write_text("0123456789abcdef" * 4)
    known = {
        **os.environ,
        # Where an environment is active, its programs come first.
        "PATH": f"{Path(sys.executable).parent}:{os.environ['PATH']}",
        "RAY_AUTH_TOKEN_PATH": str(folder / "token"),
        # Else workers are the last to get a processor on a busy machine, and seem to hang.
        "RAY_worker_niceness": "0",
        "RAY_ADDRESS": f"http://127.0.0.1:{server}",
    }
    known.pop("RAY_AUTH_MODE", None)
    known.pop("PYTHONPATH", None)
    command = [
        *("ray", "start", "--head", "--block", "--num-cpus=1", "--disable-usage-stats"),
        *(f"--temp-dir={folder}", "--node-ip-address=127.0.0.1", "--dashboard-host=127.0.0.1"),
        *(f"--port={gcs}", f"--ray-client-server-port={client}", f"--dashboard-port={server}"),
        *(f"--dashboard-agent-listen-port={agent}", "--min-worker-port=0", "--max-worker-port=0"),
        "--include-dashboard=true",
    ]
    here = {key: value for key, value in known.items() if key != "RAY_ADDRESS"}
    with (folder / "head.txt").open("w") as told:
        head = subprocess.Popen(command, env=here, cwd=folder, stdout=told, stderr=told)
    try:
        wait_until(lambda: "Ray runtime started" in (folder / "head.txt").read_text(), 240)
        yield known
    finally:
        head.terminate()
        head.wait(60)


def of_ray(folder: Path) -> list[str]:
    """The processes of the Ray that has its files in a folder."""
    command = ["ps", "-e", "-ww", "-o", "args"]  # wide: else lines end where a terminal would
    lines = subprocess.run(command, check=True, capture_output=True, text=True)
    return [line for line in lines.stdout.splitlines() if str(folder) in line]


@pytest.mark.ray
@pytest.mark.skipif(
    find_spec("aiohttp_cors") is None, reason='the job server needs `pip install "ray[default]"`'
)
def test_a_job_searches_and_is_resumed() -> None:
    """As `submit.sh` hands it in, with a token; after the end nothing of it is left."""
    little = ("--task", "quadratic", "--evaluations", "4", "--population", "4", "--slots", "1")
    for setting in ("block=2", "budget=2", "seeds=1", "finalists=1", "compile=false"):
        little += ("--set", setting)
    # Sockets lie in it, whose names may not be long.
    with tempfile.TemporaryDirectory() as name:
        folder = Path(name)
        with job_server(folder) as known:

            def submitted() -> str:
                """What the job printed, once it is done."""
                submit = [FOLDER / "submit.sh", folder / "run", *little, "--workers", "1"]
                done = subprocess.run(
                    submit, cwd=FOLDER.parents[1], env=known, check=True, stdout=subprocess.PIPE
                )
                (job,) = set(re.findall(r"raysubmit_\w+", done.stdout.decode()))
                asked = {**known, "RAY_AUTH_MODE": "token"}

                def answer(verb: str) -> str:
                    ask = ["ray", "job", verb, job]
                    told = subprocess.run(ask, cwd=folder, env=asked, stdout=subprocess.PIPE)
                    return told.stdout.decode()

                wait_until(
                    # Asking takes a second of the processor from the job.
                    lambda: re.search("succeeded|failed", answer("status")) is not None,
                    600,
                    10,
                )
                return answer("logs")

            assert f"{folder / 'run'}: done in" in submitted()
            assert (folder / "run" / "summary.txt").exists()
            again = submitted()
            assert f"search_or_resume.sh {folder / 'run'}" in again
            assert f"{folder / 'run'}: done in" in again
            assert of_ray(folder)
        wait_until(lambda: not of_ray(folder), 60)
