"""Trains networks that ways to save MACs make of eight families, and compares their accuracy at equal MACs.

    python3 tests/fidelity/fidelity.py --bin target/release/pointwise

The README beside this file says what is compared and how long it takes.
"""

from __future__ import annotations

import argparse
import signal
import time
from collections.abc import Iterator
from dataclasses import dataclass, replace
from functools import cache
from multiprocessing import get_context
from pathlib import Path

import digits
import results
import table
from methods import BUDGETS, DENSE, HAND, HELD_OUT, HERE, METHODS, TUNED, Case, UnreachableError, family
from network import Graph
from program import Counts, Net, Program, ProgramError
from results import Cell, Row
from train import Outcome, Recipe, train


@dataclass(frozen=True)
class Contender:
    """A network in a place of the table, ready to be trained."""

    cell: Cell
    net: Net
    graph: Graph
    network: str  # its fingerprint
    counts: Counts
    kept: float

    def training(self, seed: int) -> tuple[str, str, int]:
        return self.network, results.recipe_fingerprint(), seed

    def row(self, seed: int, outcome: Outcome) -> Row:
        """A training's row. A module of other parameters than the program counts would not be the network."""
        if outcome.params != self.counts.params:
            raise AssertionError(f"{self.cell}: {outcome.params} parameters are trained, not {self.counts.params}")
        return Row(
            **vars(self.cell),
            network=self.network,
            recipe=results.recipe_fingerprint(),
            seed=seed,
            macs=self.counts.macs,
            kept=round(self.kept, 3),
            params=self.counts.params,
            accuracy=round(100 * outcome.accuracy, 4),
            seconds=round(outcome.seconds, 2),
        )


@dataclass(frozen=True)
class Job:
    """A training to be done."""

    contender: Contender
    seed: int


def cells(options: argparse.Namespace) -> list[Cell]:
    """The places of the table that are asked for; the families that plans were tuned on come first."""
    return [
        Cell(name, budget, method)
        for half in (TUNED, HELD_OUT)
        for method in METHODS
        if method in options.methods
        for name in half
        if name in options.families and (method not in HAND or name in HAND[method])
        for budget in ([100] if method == DENSE else options.budgets)
    ]


def contender(program: Program, cell: Cell) -> Contender | Row:
    """The network of a cell, or the row that says that there is none."""
    net = family(cell.family)
    dense = program.counts(net).macs
    try:
        net = METHODS[cell.method](Case(program, cell.family, net, dense, cell.budget))
    except UnreachableError as error:
        return no_network(cell, error.floor, dense)
    counts, graph = program.counts(net), program.graph(net)
    return Contender(cell, net, graph, results.network_fingerprint(graph), counts, 100 * counts.macs / dense)


def no_network(cell: Cell, floor: int | None, dense: int) -> Row:
    """A row without a training; `floor` are the fewest MACs that the method can have."""
    return Row(
        **vars(cell),
        network="",
        recipe=results.recipe_fingerprint(),
        seed=None,
        macs=floor,
        kept=None if floor is None else round(100 * floor / dense, 3),
        params=None,
        accuracy=None,
        seconds=None,
    )


def note(missing: list[Row], path: Path) -> None:
    """Writes down where a method keeps no budget, unless that is known."""
    known = results.current(results.read(path))
    for row in missing:
        if known.get(row.cell) != [row]:
            results.append(path, row)


def copy(made: list[Contender], seeds: int, path: Path) -> None:
    """Gives rows to networks that were trained in another cell, or in this one before another network came."""
    rows = results.read(path)
    known = results.current(rows)
    trained = {row.training: row for row in rows if row.seed is not None}
    for one in made:
        for seed in range(1, seeds + 1):
            training = one.training(seed)
            if training in trained and all(row.training != training for row in known.get(one.cell, [])):
                results.append(path, replace(trained[training], **vars(one.cell)))


def queue(made: list[Contender], seeds: int, path: Path) -> list[Job]:
    """The trainings that are still to be done: all networks under one seed before the next, and none twice."""
    trained = {row.training for row in results.read(path)}
    jobs = {one.training(seed): Job(one, seed) for seed in range(1, seeds + 1) for one in made}
    return [job for training, job in jobs.items() if training not in trained]


@cache
def pictures() -> tuple[digits.Split, digits.Split]:
    return digits.make(digits.Settings())


def work(job: Job) -> tuple[Job, Outcome]:
    """Runs in a process of its own, on one core."""
    return job, train(job.contender.graph, pictures(), Recipe(), job.seed)


def outcomes(jobs: list[Job], processes: int) -> Iterator[tuple[Job, Outcome]]:
    """Trainings in the order in which they end. An interrupt ends the processes too."""
    signal.signal(signal.SIGTERM, signal.default_int_handler)
    with get_context("spawn").Pool(processes, signal.signal, (signal.SIGINT, signal.SIG_IGN)) as pool:
        yield from pool.imap_unordered(work, jobs)


def run(jobs: list[Job], processes: int, path: Path) -> None:
    """Trains, and writes a row as soon as a training has ended."""
    begin = time.monotonic()
    for done, (job, outcome) in enumerate(outcomes(jobs, processes), start=1):
        row = job.contender.row(job.seed, outcome)
        results.append(path, row)
        to_go = (time.monotonic() - begin) / done * (len(jobs) - done) / 60
        print(
            f"[{done}/{len(jobs)}] {row.family} {row.budget} % {row.method}, seed {row.seed}:"
            f" {row.accuracy:.2f} % in {row.seconds:.1f} s; {to_go:.0f} min to go",
            flush=True,
        )


def write(made: list[Contender], folder: Path) -> None:
    """Writes the networks to be read, and to be given to the program."""
    folder.mkdir(parents=True, exist_ok=True)
    for one in made:
        head = "" if one.net.setting is None else f"# With --set {one.net.setting}.\n\n"
        (folder / f"{one.cell.family}-{one.cell.budget}-{one.cell.method}.net").write_text(head + one.net.text)


def arguments() -> argparse.Namespace:
    parser = argparse.ArgumentParser(description=(__doc__ or "").split("\n")[0])
    parser.add_argument("--bin", type=Path, required=True, help="the `pointwise` binary")
    parser.add_argument("--families", nargs="+", choices=[*TUNED, *HELD_OUT], default=[*TUNED, *HELD_OUT])
    parser.add_argument("--budgets", nargs="+", type=int, default=list(BUDGETS), help="per cent of the MACs that are kept")
    parser.add_argument("--methods", nargs="+", choices=METHODS, default=list(METHODS))
    parser.add_argument("--seeds", type=int, default=5, help="how many trainings of each network")
    parser.add_argument("--jobs", type=int, default=1, help="trainings at once, each on one core")
    parser.add_argument("--results", type=Path, default=HERE / "results.csv", help="where rows are kept and added")
    parser.add_argument("--nets", type=Path, help="a folder to write the compared networks to")
    parser.add_argument("--dry-run", action="store_true", help="make the networks and train none")
    return parser.parse_args()


def main() -> None:
    options = arguments()
    try:
        program = Program(options.bin)
        made = [contender(program, cell) for cell in cells(options)]
    except ProgramError as error:
        raise SystemExit(str(error)) from error
    nets = [one for one in made if isinstance(one, Contender)]
    jobs = queue(nets, options.seeds, options.results)
    for one in nets:
        print(f"{one.cell.family} {one.cell.budget} % {one.cell.method}: {one.counts.macs:,} MACs, {one.kept:.2f} %")
    print(f"{len(jobs)} trainings to do", flush=True)
    if options.nets:
        write(nets, options.nets)
    if options.dry_run:
        return
    note([row for row in made if isinstance(row, Row)], options.results)
    copy(nets, options.seeds, options.results)
    try:
        run(jobs, options.jobs, options.results)
    except KeyboardInterrupt as error:
        raise SystemExit("broken off; what was trained is kept, and the same command goes on") from error
    copy(nets, options.seeds, options.results)
    print(table.markdown(results.read(options.results)))


if __name__ == "__main__":
    main()
