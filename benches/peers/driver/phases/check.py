"""Does everybody do the same job? Runs before anything else; who fails is not measured."""

import http.client

from contestants import IDENTITY
from keys import EMAIL, HOST, ROLE, SUBJECT, TENANT
from load import PATH
from upstream import BODY

REFUSED = ("missing", "stranger", "expired", "other-audience", "role-less", "other-tenant")
SPOOFED = {"X-User": "root", "X-Tenant": "globex", "X-Roles": "owner", "X-Email": "root@globex.example"}


def ask(port, path, token, headers=None):
    connection = http.client.HTTPConnection("127.0.0.1", port, timeout=10)
    headers = {"Host": HOST, **(headers or {})}
    if token:
        headers["Authorization"] = f"Bearer {token}"
    connection.request("GET", path, headers=headers)
    answer = connection.getresponse()
    return answer.status, answer.read().decode(errors="replace")


def identity(contestant, seen):
    """What is wrong with the identity headers that the upstream saw."""
    wanted = dict(zip(IDENTITY, (SUBJECT, TENANT, ROLE, EMAIL)))
    for (name, value), got in zip(wanted.items(), seen.split("|")):
        if name == "X-Roles":
            right = value in got if contestant.plain_lists else got != ""
            right = right and SPOOFED[name] not in got
        else:
            right = got == value
        if not right:
            yield f"{name} is `{got}`"


def problems(contestant, port, keys):
    """Everything that is not as it must be, in words."""
    good = keys.first("good")
    status, body = ask(port, PATH, good)
    if (status, body) != (200, BODY):
        yield f"a good token got {status} and {len(body)} bytes"
    if contestant.group != "token":
        return
    for kind in REFUSED:
        if kind == "other-tenant" and not contestant.tenants:
            continue
        status, _ = ask(port, PATH, None if kind == "missing" else keys.first(kind))
        if status not in (401, 403):
            yield f"{kind} got {status}"
    for spelling in (str, str.lower):
        sent = {spelling(name): value for name, value in SPOOFED.items()}
        _, seen = ask(port, "/api/tenants/acme/echo", good, sent)
        yield from identity(contestant, seen)


def run(campaign, contestants):
    """Writes a record each and returns the names of those that do the job."""
    passed = set()
    with campaign.upstream():
        for contestant in contestants:
            try:
                running = campaign.start(contestant)
                found = list(problems(contestant, running.port, campaign.keys))
                if running.process:
                    running.process.stop()
            except Exception as failure:  # Whatever it is, this one is not measured.
                found = [str(failure)]
            campaign.record("check", name=contestant.name, group=contestant.group, problems=found)
            print(f"  {contestant.name}: {'; '.join(found) or 'does the job'}", flush=True)
            if not found:
                passed.add(contestant.name)
    return passed
