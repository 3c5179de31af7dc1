"""Traefik, plain. Its thread count is Go's."""

import json

from contestants import Launch


def plain(setting):
    url = f"http://127.0.0.1:{setting.upstream}"
    routes = setting.write("routes.yaml", json.dumps({"http": {
        "routers": {"app": {"rule": "PathPrefix(`/`)", "service": "app", "entryPoints": ["callers"]}},
        "services": {"app": {"loadBalancer": {"servers": [{"url": url}], "serversTransport": "app"}}},
        "serversTransports": {"app": {"maxIdleConnsPerHost": setting.connections}},
    }}))
    config = setting.write("traefik.yaml", json.dumps({
        "global": {"checkNewVersion": False, "sendAnonymousUsage": False},
        "log": {"level": "ERROR"},
        "entryPoints": {"callers": {"address": f"127.0.0.1:{setting.port}"}},
        "providers": {"file": {"filename": str(routes), "watch": False}},
    }))
    argv = [setting.programs["traefik"], f"--configfile={config}"]
    return Launch(argv, env={"GOMAXPROCS": str(setting.threads)})
