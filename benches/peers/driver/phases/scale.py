"""What grows: routes, issuers and tokens that are alive. The gate alone, the small case beside the large one."""

import itertools
import subprocess

from contestants import Contestant, sidegate
from keys import ISSUER, claims, rs256
from load import PATH
from phases.saturated import CONNECTIONS

MIDDLE = "/api/tenants/acme/thing{}/123"


def routes(number):
    """A policy with this many routes, of which the middle one is asked for."""
    paths = [f"/api/tenants/{{tenant}}/thing{at}/**" for at in range(number)]
    return lambda setting: sidegate.serve(setting, sidegate.policy(setting, routes=paths))


def issuers(number):
    names = [(f"idp{at}", f"{ISSUER}/{at}") for at in range(number)]
    return lambda setting: sidegate.serve(setting, sidegate.policy(setting, issuers=names))


def remembering(campaign):
    """With room for all tokens, where this build has a setting for it."""
    room = f"tokens: {{ memory: {campaign.options.token_memory} }}\n"

    def launch(setting):
        policy = sidegate.policy(setting, before=room)
        done = subprocess.run([campaign.programs["sidegate"], "check", "--policy", policy], capture_output=True)
        if done.returncode:
            campaign.record("scale", left_out="room for all tokens: this build does not know `tokens.memory`")
            policy = sidegate.policy(setting)
        return sidegate.serve(setting, policy)

    return launch


def run(campaign, contestants):
    """Left out where the gate is not among those that take part."""
    if not any(one.name == "sidegate" for one in contestants):
        print("  left out: it measures sidegate alone")
        return
    gate = next(one for one in contestants if one.name == "sidegate")
    with campaign.upstream():
        jobs = [*route_jobs(campaign, gate), *issuer_jobs(campaign, gate)]
        campaign.rounds(jobs, lambda number, running, load: campaign.measure("scale", number, running, load(number)))
    with campaign.upstream():
        jobs = token_jobs(campaign, gate)
        campaign.rounds(jobs, lambda number, running, load: campaign.measure("scale", number, running, load(number)))


def repeated(campaign, running, tokens, path):
    """The same request again and again; warmed up first."""
    callers, seconds = campaign.callers, campaign.options.seconds
    callers.wrk(running.port, tokens, CONNECTIONS, 1, path)(campaign.load_cores)
    return running, lambda number: callers.wrk(running.port, tokens, CONNECTIONS, seconds, path)


def route_jobs(campaign, gate: Contestant):
    for number in (10, 10_000):
        running = campaign.start(gate, launch=routes(number), variant=f"routes {number:,}")
        yield repeated(campaign, running, campaign.keys.file("good"), MIDDLE.format(number // 2))


def issuer_jobs(campaign, gate):
    for number in (1, 100):
        token = rs256(campaign.keys.rsa, claims(0, iss=f"{ISSUER}/{number // 2}"))
        tokens = campaign.keys.tokens(f"issuer{number}", [token])
        running = campaign.start(gate, launch=issuers(number), variant=f"issuers {number}")
        yield repeated(campaign, running, tokens, PATH)


def token_jobs(campaign, gate):
    """All tokens once, so that they are known where there is room for them; then in turn, always further on."""
    options, callers, keys = campaign.options, campaign.callers, campaign.keys
    most = options.live_tokens
    tokens = keys.mint("live", "ES256", most, 5_000_000)
    with open(tokens) as every:
        few = keys.write("tokens.few", "".join(itertools.islice(every, 1000)))
    jobs = []
    for number, file in ((1000, few), (most, tokens)):
        running = campaign.start(gate, launch=remembering(campaign), variant=f"tokens {number:,}")
        fill = callers.call(running.port, file, CONNECTIONS, count=number)
        # Once only: the second time would not be the first.
        campaign.measure("scale", 0, running, fill, variant=f"tokens {number:,}, first time", attempts=1)

        def load(turn, running=running, file=file, number=number):
            count = options.tokens * 2
            return callers.call(running.port, file, CONNECTIONS, count=count, skip=turn * count % number)

        jobs.append((running, load))
    return jobs
