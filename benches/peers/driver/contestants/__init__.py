"""Who takes part, and what each is asked to do.

A contestant of the group `plain` forwards and asks nobody anything. One of the group `token` judges an
RS256 ID token (signature, expiry, issuer, audience), wants a role, and sets four identity headers.
"""

import resource
from dataclasses import dataclass, field
from pathlib import Path
from typing import Callable

from keys import Keys

#: What the upstream must see, whatever the caller sent under these names.
IDENTITY = {"X-User": "sub", "X-Tenant": "tenant_id", "X-Roles": "roles", "X-Email": "email"}


def most_connections():
    """How many callers a proxy can have here: each may cost it two descriptors."""
    return (resource.getrlimit(resource.RLIMIT_NOFILE)[0] - 500) // 2


@dataclass
class Setting:
    """What a contestant is told about the place it starts in."""

    port: int
    #: A second free port: HTTP/2 where one port cannot serve both, or an admin listener.
    spare: int
    upstream: int
    folder: Path
    keys: Keys
    programs: dict
    threads: int = 1
    #: How many callers at a time it must be ready for, and how many unused upstream connections it may
    #: keep. nginx takes memory for all of them at the start.
    connections: int = 2000
    #: TLS on both sides, with `ca.pem`, `tls.pem` and `tls.key` of the keys' folder.
    tls: bool = False

    def write(self, name, text):
        path = self.folder / name
        path.write_text(text)
        return path


@dataclass
class Launch:
    """How a contestant is started."""

    argv: list
    env: dict = field(default_factory=dict)
    #: Where HTTP/2 without TLS is spoken; `None` where HTTP/1.1 is.
    h2: int = None
    #: Its output is a log that is part of the job, and goes to /dev/null.
    silent: bool = False


@dataclass
class Contestant:
    name: str
    group: str
    #: What starts it; nothing for the upstream itself.
    launch: Callable[[Setting], Launch] = None
    #: What else it is measured with: h2, tls, websocket.
    speaks: frozenset = frozenset()
    #: It also compares the tenant in the path with the tenant in the token.
    tenants: bool = False
    #: Sends lists in the plain; Envoy encodes them.
    plain_lists: bool = True


def everyone():
    """All contestants, in the order in which they are measured."""
    from contestants import caddy, envoy, haproxy, hyper, nginx, sidegate, traefik

    all_speak = frozenset({"h2", "tls", "websocket"})
    return [
        Contestant("direct", "floor"),
        Contestant("hyper", "plain", hyper.plain, frozenset({"h2"})),
        Contestant("nginx", "plain", nginx.plain, all_speak),
        Contestant("haproxy", "plain", haproxy.plain, all_speak),
        Contestant("envoy", "plain", envoy.plain, all_speak),
        Contestant("traefik", "plain", traefik.plain, frozenset({"h2"})),
        Contestant("caddy", "plain", caddy.plain, frozenset({"h2"})),
        Contestant("haproxy-rs256", "token", haproxy.rs256, tenants=True),
        Contestant("envoy-rs256", "token", envoy.rs256, plain_lists=False),
        Contestant("envoy-rs256-cache", "token", envoy.rs256_cache, plain_lists=False),
        Contestant("sidegate", "token", sidegate.logging, all_speak, tenants=True),
        Contestant("sidegate-nolog", "token", sidegate.quiet, all_speak, tenants=True),
    ]


def chosen(names):
    """Those that were asked for: `envoy` means `envoy-rs256` as well."""
    if not names:
        return everyone()
    found = [one for one in everyone() if any(one.name == name or one.name.startswith(name + "-") for name in names)]
    unknown = [name for name in names if not any(one.name == name or one.name.startswith(name + "-") for one in found)]
    if unknown:
        known = ", ".join(one.name for one in everyone())
        raise SystemExit(f"no contestant is called {', '.join(unknown)}; there are {known}")
    return found
