"""What is not a small HTTP/1.1 request: HTTP/2, TLS on both sides, WebSocket messages, bodies of 5 MiB."""

from phases.saturated import CONNECTIONS
from upstream import BIG

CLIENTS, STREAMS = 8, 16


def speaking(contestants, what):
    return [one for one in contestants if what in one.speaks]


def h2(campaign, contestants):
    """HTTP/2 without TLS from the caller, HTTP/1.1 to the upstream."""
    token = campaign.keys.first("good")
    with campaign.upstream():
        jobs = [(campaign.start(one),) for one in speaking(contestants, "h2")]

        def one(number, running):
            load = campaign.callers.h2load(running.h2, token, CLIENTS, STREAMS, campaign.options.seconds)
            campaign.measure("h2", number, running, load)

        campaign.rounds(jobs, one)


def tls(campaign, contestants):
    """TLS from the caller and to the upstream, kept connections."""
    options, callers, keys = campaign.options, campaign.callers, campaign.keys
    with campaign.upstream():
        running = [campaign.start(one, tls=True) for one in speaking(contestants, "tls")]
        jobs = [(one, version) for version in ("HTTP/1.1", "HTTP/2") for one in running]

        def one(number, running, version):
            if version == "HTTP/2":
                token = keys.first("good")
                load = callers.h2load(running.port, token, CLIENTS, STREAMS, options.seconds, tls=True)
            else:
                load = callers.wrk(running.port, keys.file("good"), CONNECTIONS, options.seconds, tls=True)
            campaign.measure("tls", number, running, load, variant=version)

        campaign.rounds(jobs, one)


def websocket(campaign, contestants):
    """Messages of 64 bytes there and back, one at a time on each of 32 connections."""
    good = campaign.keys.file("good")
    with campaign.upstream() as app:
        jobs = [(campaign.start(one, port=app.sink),) for one in speaking(contestants, "websocket")]

        def one(number, running):
            load = campaign.callers.talk(running.port, good, 32, campaign.options.seconds)
            campaign.measure("websocket", number, running, load)

        campaign.rounds(jobs, one)


def bodies(campaign, contestants):
    """5 MiB to the caller, 5 MiB from the caller, eight at a time."""
    options, callers, good = campaign.options, campaign.callers, campaign.keys.file("good")
    with campaign.upstream() as app:
        jobs = []
        for way, port, upload in (("5 MiB down", app.main, 0), ("5 MiB up", app.sink, BIG)):
            for contestant in contestants:
                jobs.append((campaign.start(contestant, port=port, variant=way), upload))

        def one(number, running, upload):
            path = "/api/tenants/acme/" + ("up" if upload else "big")
            load = callers.wrk(running.port, good, 8, options.seconds, path, upload=upload)
            campaign.measure("bodies", number, running, load)

        campaign.rounds(jobs, one)
