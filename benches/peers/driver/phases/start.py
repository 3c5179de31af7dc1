"""Start to the first answer, what stays in memory, and what an idle process costs."""

import time

import machine
from phases.saturated import CONNECTIONS


def run(campaign, contestants):
    """One process at a time: nobody else is there to share a page or a core with."""
    options, callers, good = campaign.options, campaign.callers, campaign.keys.file("good")
    with campaign.upstream():
        jobs = [(one,) for one in contestants if one.launch]

        def one(number, contestant):
            running = campaign.start(contestant)
            fresh = machine.resident_mib(running.tree())
            time.sleep(0.5)
            before, start = machine.cpu_us(running.tree()), time.monotonic()
            time.sleep(options.seconds)
            idle = (machine.cpu_us(running.tree()) - before) / (time.monotonic() - start)
            load = callers.wrk(running.port, good, CONNECTIONS, options.seconds)
            more = {"start_ms": running.started_ms, "fresh_mib": fresh, "idle_us": idle}
            campaign.measure("start", number, running, load, **more)
            running.process.stop()

        campaign.rounds(jobs, one)
