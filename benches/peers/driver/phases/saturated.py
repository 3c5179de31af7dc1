"""As fast as it goes: the contestant alone on one core, 64 kept connections."""

CONNECTIONS = 64


def token_group(contestants):
    return [one for one in contestants if one.group == "token"]


def same(campaign, contestants):
    """One token, seen before."""
    options, callers, good = campaign.options, campaign.callers, campaign.keys.file("good")
    with campaign.upstream():
        jobs = [(campaign.start(one),) for one in contestants]
        for (running,) in jobs:
            callers.wrk(running.port, good, CONNECTIONS, 1)(campaign.load_cores)

        def one(number, running):
            load = callers.wrk(running.port, good, CONNECTIONS, options.seconds)
            campaign.measure("sat", number, running, load)

        campaign.rounds(jobs, one)


def new(campaign, contestants):
    """Every request a token that this process has never seen. Everybody gets the same ones."""
    options, callers, good = campaign.options, campaign.callers, campaign.keys.file("good")
    count = options.tokens
    tokens = campaign.keys.mint("new", "RS256", count * options.rounds * 2, 1_000_000)
    turns = {}
    with campaign.upstream():
        jobs = [(campaign.start(one),) for one in token_group(contestants)]
        for (running,) in jobs:
            callers.wrk(running.port, good, CONNECTIONS, 1)(campaign.load_cores)

        def one(number, running):
            def load(cores):
                # Also when a disturbed run is taken once more, the tokens are others.
                turn = turns[running.name] = turns.get(running.name, -1) + 1
                calls = callers.call(running.port, tokens, CONNECTIONS, count=count, skip=turn * count)
                return calls(cores)

            campaign.measure("new", number, running, load)

        campaign.rounds(jobs, one)


def bad(campaign, contestants):
    """Tokens that must be refused."""
    options, callers, keys = campaign.options, campaign.callers, campaign.keys
    with campaign.upstream():
        running = [campaign.start(one) for one in token_group(contestants)]
        jobs = [(one, kind) for kind in ("forged", "expired", "garbage") for one in running]

        def one(number, running, kind):
            load = callers.call(running.port, keys.file(kind), CONNECTIONS, seconds=options.seconds, refused=True)
            campaign.measure("bad", number, running, load, variant=kind)

        campaign.rounds(jobs, one)
