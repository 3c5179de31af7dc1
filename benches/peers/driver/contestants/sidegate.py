"""The gate: a role and a tenant rule, four identity headers, metrics; with the decision log and without."""

from contestants import Launch
from keys import AUDIENCE, ISSUER, ROLE

POLICY = """{before}issuers:
{issuers}
identity_headers:
  X-User: "{{{{ principal.subject }}}}"
  X-Tenant: "{{{{ principal.tenant }}}}"
  X-Roles: "{{{{ principal.roles }}}}"
  X-Email: "{{{{ principal.email }}}}"
routes:
{routes}
"""



def route(path):
    return f'  - {{ path: "{path}", roles: [{ROLE}] }}'



def policy(setting, issuers=(("main", ISSUER),), routes=("/api/tenants/{tenant}/**",), before=""):
    """The policy file; `issuers` are names and addresses, all with the same key set; `before` begins it."""
    lines = [
        f"  {name}: {{ issuer: {url}, audience: {AUDIENCE}, jwks_file: {setting.keys.jwks} }}"
        for name, url in issuers
    ]
    issuers, routes = "\n".join(lines), "\n".join(map(route, routes))
    return setting.write("policy.yaml", POLICY.format(before=before, issuers=issuers, routes=routes))


def serve(setting, policy, decisions="all"):
    scheme = "https" if setting.tls else "http"
    listen = f"  - address: 127.0.0.1:{setting.port}\n"
    upstream = f"  default:\n    url: {scheme}://127.0.0.1:{setting.upstream}\n    max_idle: {setting.connections}\n"
    if setting.tls:
        folder = setting.keys.folder
        listen += f"    tls: {{ certificate: {folder}/tls.pem, key: {folder}/tls.key }}\n"
        upstream += f"    ca_file: {folder}/ca.pem\n"
    text = (
        f"listeners:\n{listen}upstreams:\n{upstream}policy: {policy}\nworkers: {setting.threads}\n"
        f"admin: {{ listen: 127.0.0.1:{setting.spare} }}\nlog: {{ decisions: {decisions} }}\n"
        f"limits: {{ connections: {setting.connections} }}\n"
    )
    argv = [setting.programs["sidegate"], "serve", "--config", setting.write("sidegate.yaml", text)]
    return Launch(argv, silent=True)


def logging(setting):
    return serve(setting, policy(setting))


def quiet(setting):
    return serve(setting, policy(setting), decisions="off")
