"""The files that launch a search on clusters: read by their parsers, and run where they can be."""

from __future__ import annotations

import os
import re
import subprocess
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
    options = ("--preset", "quick", "--workers", "4", "--set", "lag=4", "--ray-address=a:1")
    folder = str(tmp_path / "run")
    begun = carried_out(tmp_path, *options)
    assert begun == ["-m", "evosearch", "search", "--out", folder, *options]
    (tmp_path / "run").mkdir()
    (tmp_path / "run" / "run.sqlite").touch()
    resumed = carried_out(tmp_path, *options)
    assert resumed == ["-m", "evosearch", "resume", folder, "--workers", "4", "--ray-address=a:1"]
