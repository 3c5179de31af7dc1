"""Envoy: plain, and with `jwt_authn`, a role by RBAC and claims as headers; with and without its token cache."""

import json

from contestants import IDENTITY, Launch
from keys import AUDIENCE, ISSUER, ROLE

TYPE = "type.googleapis.com/envoy.extensions."


def address(port):
    return {"socket_address": {"address": "127.0.0.1", "port_value": port}}


def filter_(name, kind, **config):
    return {"name": f"envoy.filters.{name}", "typed_config": {"@type": TYPE + kind, **config}}


def common_tls(setting):
    folder = setting.keys.folder
    return {
        "inbound": {
            "name": "tls",
            "typed_config": {
                "@type": TYPE + "transport_sockets.tls.v3.DownstreamTlsContext",
                "common_tls_context": {
                    "alpn_protocols": ["h2", "http/1.1"],
                    "tls_certificates": [{
                        "certificate_chain": {"filename": f"{folder}/tls.pem"},
                        "private_key": {"filename": f"{folder}/tls.key"},
                    }],
                },
            },
        },
        "outbound": {
            "name": "tls",
            "typed_config": {
                "@type": TYPE + "transport_sockets.tls.v3.UpstreamTlsContext",
                "sni": "localhost",
                "common_tls_context": {"validation_context": {"trusted_ca": {"filename": f"{folder}/ca.pem"}}},
            },
        },
    }


def cluster(setting):
    most = 65536
    found = {
        "name": "app",
        "type": "STATIC",
        "connect_timeout": "5s",
        "load_assignment": {
            "cluster_name": "app",
            "endpoints": [{"lb_endpoints": [{"endpoint": {"address": address(setting.upstream)}}]}],
        },
        "circuit_breakers": {
            "thresholds": [{"max_connections": most, "max_pending_requests": most, "max_requests": most}]
        },
    }
    if setting.tls:
        found["transport_socket"] = common_tls(setting)["outbound"]
    return found


def listener(setting, filters):
    manager = filter_(
        "network.http_connection_manager",
        "filters.network.http_connection_manager.v3.HttpConnectionManager",
        stat_prefix="callers",
        codec_type="AUTO",
        use_remote_address=True,
        upgrade_configs=[{"upgrade_type": "websocket"}],
        route_config={"virtual_hosts": [{
            "name": "app", "domains": ["*"],
            "routes": [{"match": {"prefix": "/"}, "route": {"cluster": "app", "timeout": "60s"}}],
        }]},
        http_filters=[*filters, filter_("http.router", "filters.http.router.v3.Router")],
    )
    chain = {"filters": [manager]}
    if setting.tls:
        chain["transport_socket"] = common_tls(setting)["inbound"]
    return {"name": "callers", "address": address(setting.port), "filter_chains": [chain]}


def envoy(setting, filters):
    config = {"static_resources": {"listeners": [listener(setting, filters)], "clusters": [cluster(setting)]}}
    path = setting.write("envoy.json", json.dumps(config, indent=1))
    threads = ["--concurrency", setting.threads]
    return Launch([setting.programs["envoy"], "-c", path, *threads, "--disable-hot-restart", "-l", "error"])


def judged(setting, cached):
    provider = {
        "issuer": ISSUER,
        "audiences": [AUDIENCE],
        "payload_in_metadata": "claims",
        "local_jwks": {"filename": str(setting.keys.rsa_jwks)},
        "claim_to_headers": [{"header_name": name, "claim_name": claim} for name, claim in IDENTITY.items()],
    }
    if cached:
        provider["jwt_cache_config"] = {"jwt_cache_size": 10000}
    rules = [{"match": {"prefix": "/"}, "requires": {"provider_name": "main"}}]
    role = {"list_match": {"one_of": {"string_match": {"exact": ROLE}}}}
    path = [{"key": "claims"}, {"key": "roles"}]
    admin = {"metadata": {"filter": "envoy.filters.http.jwt_authn", "path": path, "value": role}}
    policies = {"admins": {"permissions": [{"any": True}], "principals": [admin]}}
    authn, rbac = "filters.http.jwt_authn.v3.JwtAuthentication", "filters.http.rbac.v3.RBAC"
    return [
        filter_("http.jwt_authn", authn, providers={"main": provider}, rules=rules),
        filter_("http.rbac", rbac, rules={"action": "ALLOW", "policies": policies}),
    ]


def plain(setting):
    return envoy(setting, [])


def rs256(setting):
    return envoy(setting, judged(setting, cached=False))


def rs256_cache(setting):
    return envoy(setting, judged(setting, cached=True))
