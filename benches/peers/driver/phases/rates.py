"""Constant rates: what a contestant adds to the way there and back, and what a flood does to good callers."""

from concurrent.futures import ThreadPoolExecutor

from phases.saturated import token_group

#: Connections of good callers, and of those that flood.
CALLERS, FLOOD = 32, 16


def rate(campaign, contestants):
    """Open loop: latency counts from when a request was due."""
    options, callers, good = campaign.options, campaign.callers, campaign.keys.file("good")
    with campaign.upstream():
        jobs = [(campaign.start(one),) for one in contestants]

        def one(number, running):
            load = callers.call(running.port, good, CALLERS, options.seconds, options.rate, warm=0.5)
            campaign.measure("rate", number, running, load)

        campaign.rounds(jobs, one)


class Flooded:
    """Good callers while a flood lasts. The figures are the good callers' own, with the flood's beside."""

    def __init__(self, good, flood):
        self.good, self.flood = good, flood

    def __call__(self, cores):
        # The thread that starts a process also waits for it: the kernel ends a process with its thread.
        with ThreadPoolExecutor(1) as pool:
            flood = pool.submit(self.flood, cores)
            figures = self.good(cores)
            other = flood.result()
        figures["flood_rps"] = other["rps"]
        figures["wrong"] += other["wrong"]
        figures["good"] = figures["requests"]
        figures["requests"] += other["requests"]
        return figures


def flood(campaign, contestants):
    """Good callers at a constant rate, alone and beside tokens that must be refused."""
    options, callers, keys = campaign.options, campaign.callers, campaign.keys
    floods = [("none", None, None)]
    floods += [(f"{kind} {options.flood}/s", kind, options.flood) for kind in ("forged", "garbage")]
    floods += [("forged, all it can", "forged", None)]

    def load(running, kind, rate):
        seconds = options.seconds
        good = callers.call(running.port, keys.file("good"), CALLERS, seconds, options.rate / 2, warm=1)
        if kind is None:
            return good
        tokens = keys.file(kind)
        bad = callers.call(running.port, tokens, FLOOD, seconds + 1.5, rate, refused=True)
        return Flooded(good, bad)

    with campaign.upstream():
        running = [campaign.start(one) for one in token_group(contestants)]
        jobs = [(one, *flood) for one in running for flood in floods]
        campaign.rounds(
            jobs,
            lambda number, one, name, kind, rate: campaign.measure(
                "flood", number, one, load(one, kind, rate), variant=name
            ),
        )
