"""A CPU limit of a tenth of a core, as small sidecars get it: what gets through, and how late."""

import contextlib
from pathlib import Path

#: Microseconds of CPU time in each period.
PERIOD, QUOTA = 100_000, 10_000
NAMES = ("hyper", "nginx", "haproxy", "envoy-rs256", "sidegate")


def make_group(name):
    """A control group with the limit, version 2 or 1: its folder, or nothing where that is not allowed."""
    places = [("/sys/fs/cgroup", {"cpu.max": f"{QUOTA} {PERIOD}"})]
    places += [("/sys/fs/cgroup/cpu", {"cpu.cfs_period_us": f"{PERIOD}", "cpu.cfs_quota_us": f"{QUOTA}"})]
    for root, values in places:
        group = Path(root) / name
        with contextlib.suppress(OSError):
            group.mkdir(exist_ok=True)  # One may be left of a campaign that was killed.
            try:
                for file, value in values.items():
                    # Never made here: on a file system without these files, opening one fails.
                    with open(group / file, "r+") as limit:
                        limit.write(value)
                return group
            except OSError:
                group.rmdir()
    return None


def run(campaign, contestants):
    """Left out, in words, where no control group can be made."""
    options, callers, good = campaign.options, campaign.callers, campaign.keys.file("good")
    groups = []
    try:
        with campaign.upstream():
            jobs = []
            for contestant in (one for one in contestants if one.name in NAMES):
                group = make_group(f"sidegate-peers-{contestant.name}")
                if group is None:
                    campaign.record("cpu01", left_out="no control group with a CPU limit can be made here")
                    print("  left out: no control group with a CPU limit can be made here")
                    return
                groups.append(group)
                running = campaign.start(contestant, join=[group / "cgroup.procs"])
                jobs += [(running, "100/s"), (running, "all it can")]

            def one(number, running, variant):
                rate = 100 if variant == "100/s" else None
                load = callers.call(running.port, good, 16, options.seconds, rate, warm=1)
                campaign.measure("cpu01", number, running, load, variant=variant)

            campaign.rounds(jobs, one)
    finally:
        for group in groups:
            with contextlib.suppress(OSError):
                group.rmdir()
