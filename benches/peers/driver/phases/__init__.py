"""The scenarios, by name, in the order in which they run when nobody says which."""

from phases import check, connections, limited, protocols, rates, saturated, scale, start

ALL = {
    "check": check.run,
    "sat": saturated.same,
    "new": saturated.new,
    "bad": saturated.bad,
    "rate": rates.rate,
    "flood": rates.flood,
    "scale": scale.run,
    "conns": connections.run,
    "h2": protocols.h2,
    "tls": protocols.tls,
    "websocket": protocols.websocket,
    "bodies": protocols.bodies,
    "cpu01": limited.run,
    "start": start.run,
}
