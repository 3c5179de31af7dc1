"""Many connections, one hot one, and an upstream that closes after each answer.

The many connections share a constant rate, so that what they cost is seen, and not what a queue of ten
thousand requests does.
"""

from concurrent.futures import ThreadPoolExecutor

from contestants import most_connections

COUNTS = (10, 100, 1000, 10_000)
#: Everybody whose connection handling is worth a column; the rest would only take time.
NAMES = ("hyper", "nginx", "haproxy", "envoy", "envoy-rs256", "sidegate")


def run(campaign, contestants):
    """One worker for the counts and the churn; one and two, anywhere, for the hot connection."""
    taking_part = [one for one in contestants if one.name in NAMES]
    many(campaign, taking_part)
    churn(campaign, taking_part)
    for workers in (1, 2):
        hot(campaign, [one for one in taking_part if "h2" in one.speaks], workers)


def many(campaign, contestants):
    options, callers, good = campaign.options, campaign.callers, campaign.keys.file("good")
    with campaign.upstream():
        most = min(COUNTS[-1], most_connections())
        running = [campaign.start(one, connections=most + 100) for one in contestants]
        jobs = [(one, min(count, most)) for count in COUNTS for one in running]

        def one(number, running, count):
            # Opening ten thousand connections is no part of the figure.
            opening, rate = 1 + count / 2000, 2 * options.rate
            load = callers.call(running.port, good, count, options.seconds, rate, warm=1, opening=opening)
            campaign.measure("conns", number, running, load, variant=f"{count:,} connections")

        campaign.rounds(jobs, one)


def churn(campaign, contestants):
    options, callers, good = campaign.options, campaign.callers, campaign.keys.file("good")
    with campaign.upstream() as app:
        jobs = [(campaign.start(one, port=app.closing),) for one in contestants]

        def one(number, running):
            load = callers.call(running.port, good, 64, options.seconds)
            campaign.measure("conns", number, running, load, variant="upstream closes after each answer")

        campaign.rounds(jobs, one)


class BesideHot:
    """Callers at a constant rate on new connections, while one connection carries a hundred requests at a time."""

    def __init__(self, callers, hot):
        self.callers, self.hot = callers, hot

    def __call__(self, cores):
        with ThreadPoolExecutor(1) as pool:
            hot = pool.submit(self.hot, cores)
            figures = self.callers(cores)
            other = hot.result()
        figures["rps"] += other["rps"]
        figures["requests"] += other["requests"]
        figures["wrong"] += other["wrong"]
        return figures


def hot(campaign, contestants, workers):
    options, callers, keys = campaign.options, campaign.callers, campaign.keys
    with campaign.upstream(pinned=False):
        jobs = [(campaign.start(one, threads=workers),) for one in contestants]

        def one(number, running):
            beside = callers.call(running.port, keys.file("good"), 32, options.seconds, options.rate / 4, warm=1)
            hot = callers.h2load(running.h2, keys.first("good"), 1, 100, options.seconds + 2)
            name = f"one hot connection, {workers} worker{'s' if workers > 1 else ''}"
            campaign.measure("conns", number, running, BesideHot(beside, hot), variant=name)

        campaign.rounds(jobs, one)
