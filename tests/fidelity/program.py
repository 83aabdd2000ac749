"""Asks the `pointwise` program what a network is, what it costs, and how it would be optimized."""

from __future__ import annotations

import json
import subprocess
import tempfile
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from network import Graph

# The code of the error that says that no plan meets a budget.
NO_PLAN = "PW0602"


class ProgramError(Exception):
    """The program refused what it was asked; the message is its own."""


class NoPlanError(ProgramError):
    """The program found no plan for a budget."""


@dataclass(frozen=True)
class Net:
    """The text of a network, and the value of one of its parameters, as in `width=0.7`, where that is not the default."""

    text: str
    setting: str | None = None

    def options(self) -> list[str]:
        return [] if self.setting is None else ["--set", self.setting]


@dataclass(frozen=True)
class Counts:
    """What a network costs, as the program counts it."""

    macs: int
    params: int


class Program:
    """The `pointwise` binary at a path."""

    def __init__(self, path: Path) -> None:
        self.path = path.resolve()

    def counts(self, net: Net) -> Counts:
        totals = self.document(["analyze", "-", "--format", "json", *net.options()], net)["totals"]
        return Counts(totals["macs"], totals["params"])

    def graph(self, net: Net) -> Graph:
        with tempfile.TemporaryDirectory() as folder:
            out = Path(folder) / "graph.json"
            self.run(["convert", "-", str(out), *net.options()], net)
            graph: Graph = json.loads(out.read_text())
            return graph

    def optimize(self, net: Net, arguments: list[str]) -> Net:
        """The network that `optimize` writes, which is all it writes, where no plan is an exception of its own."""
        with tempfile.TemporaryDirectory() as folder:
            out = Path(folder) / "out.net"
            self.run(["optimize", "-", "-o", str(out), *net.options(), *arguments], net)
            return Net(out.read_text())

    def document(self, arguments: list[str], net: Net) -> dict[str, Any]:
        document: dict[str, Any] = json.loads(self.run(arguments, net))
        return document

    def run(self, arguments: list[str], net: Net) -> str:
        """What the program says about a network that it reads from standard input."""
        command = [str(self.path), *arguments, "--quiet", "--color", "never"]
        done = subprocess.run(command, input=net.text, capture_output=True, text=True, check=False)
        if done.returncode == 0:
            return done.stdout
        kind = NoPlanError if NO_PLAN in done.stderr else ProgramError
        raise kind(f"`{' '.join(command)}` ended with {done.returncode}:\n{done.stderr}")
