"""The driver of the comparison; `benches/peers/run` prepares everything and starts it."""

import argparse
import resource
import signal
import sys
import time
from pathlib import Path

import contestants
import machine
import phases
import processes
import tables
from campaign import Campaign, programs

OUT = Path("target/peers").resolve()
ENDS = (signal.SIGINT, signal.SIGTERM, signal.SIGHUP)


def options():
    parser = argparse.ArgumentParser(
        prog="benches/peers/run",
        description="Measures sidegate and its peers side by side; writes target/peers/<time>/tables.md.",
    )
    add = parser.add_argument
    add("phases", nargs="*", metavar="phase", help=f"of {', '.join(phases.ALL)}; default: all")
    add("--rounds", type=int, default=3, help="how often everybody is measured (default 3)")
    add("--seconds", type=int, default=3, help="how long one load lasts (default 3)")
    add("--only", default="", metavar="NAMES", help="contestants, with commas; `envoy` is `envoy-rs256` as well")
    add("--rate", type=int, default=1000, help="requests a second in `rate` (default 1000)")
    add("--flood", type=int, default=2000, help="refused requests a second in `flood` (default 2000)")
    add("--tokens", type=int, default=10_000, help="never-seen tokens of one run in `new` (default 10000)")
    add("--live-tokens", type=int, default=1_000_000, help="distinct tokens in `scale` (default 1000000)")
    add("--token-memory", default="4 GiB", metavar="SIZE", help="room for them in sidegate (default 4 GiB)")
    found = parser.parse_args()
    unknown = [name for name in found.phases if name not in phases.ALL]
    if unknown:
        parser.error(f"no phase is called {', '.join(unknown)}; there are {', '.join(phases.ALL)}")
    found.only = [name for name in found.only.split(",") if name]
    return found


def allow_many_connections():
    """Ten thousand callers are twenty thousand descriptors in a proxy."""
    _, hard = resource.getrlimit(resource.RLIMIT_NOFILE)
    for limit in (max(hard, 65536), hard):
        try:
            return resource.setrlimit(resource.RLIMIT_NOFILE, (limit, limit))
        except (ValueError, OSError):
            continue


def run(campaign, wanted):
    taking_part = contestants.chosen(campaign.options.only)
    print("check", flush=True)
    passed = phases.ALL["check"](campaign, taking_part)
    taking_part = [one for one in taking_part if one.name in passed]
    for name, phase in phases.ALL.items():
        if name == "check" or (wanted and name not in wanted):
            continue
        print(name, flush=True)
        try:
            phase(campaign, taking_part)
        except processes.Failed as failure:  # The other phases are still worth something.
            campaign.record(name, left_out=str(failure))
            print(f"  broken off: {failure}", flush=True)


def interrupted(*_):
    processes.kill_all()
    raise KeyboardInterrupt


def main():
    found = options()
    allow_many_connections()
    results = OUT / time.strftime("%Y%m%d-%H%M%S")
    results.mkdir(parents=True)
    for number in ENDS:
        signal.signal(number, interrupted)
    campaign, began = None, time.time()
    try:
        campaign = Campaign(found, programs(Path.cwd()), OUT / "work", results)
        run(campaign, found.phases)
    except KeyboardInterrupt:
        print("interrupted", file=sys.stderr)
    finally:
        for number in ENDS:
            signal.signal(number, signal.SIG_IGN)
        processes.stop_all()
        if campaign and campaign.records:
            versions = tables.versions(campaign.programs)
            text = tables.written(campaign.records, found, machine.described(), versions, time.time() - began)
            (results / "tables.md").write_text(text)
            print(f"the table: {(results / 'tables.md').relative_to(Path.cwd())}")


if __name__ == "__main__":
    main()
