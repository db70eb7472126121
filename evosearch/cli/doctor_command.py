"""Defines the command that looks at the machine: doctor."""

from __future__ import annotations

import json
import sys
from collections.abc import Callable
from dataclasses import asdict

import click

from evosearch.cli.options import json_option
from evosearch.doctor.finding import ILL, Finding
from evosearch.doctor.machine import disk, gpus, memory, processors, versions
from evosearch.doctor.trials import compiling, working, writing
from evosearch.search.folders import RUNS

_EXAMINATIONS: tuple[Callable[[], Finding], ...] = (
    *(versions, processors, memory, gpus),
    *(lambda: disk(RUNS), lambda: writing(RUNS), compiling, working),
)


@click.command("doctor")
@json_option
def doctor_command(as_json: bool) -> None:
    """Look at this machine: what a search needs is tried, and what is amiss told.

    Versions, processors, memory, GPUs and disk are looked at; a model is compiled and a worker is
    started, which takes some seconds. Exit status 1 if something will fail.
    """
    findings = []
    for examine in _EXAMINATIONS:
        findings.append(examine())
        if not as_json:
            _print(findings[-1])
    if as_json:
        click.echo(json.dumps([asdict(one) for one in findings], indent=2))
    sys.exit(any(one.state == ILL for one in findings))


def _print(finding: Finding) -> None:
    click.echo(f"{finding.state:5}  {finding.about}: {finding.told}")
    if finding.advice:
        click.echo(f"       {finding.advice}")
