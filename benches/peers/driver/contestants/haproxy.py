"""HAProxy: plain, and with `jwt_verify`."""

from contestants import Launch
from keys import AUDIENCE, ISSUER, ROLE

CONFIG = """global
  nbthread {threads}
  maxconn {connections}
defaults
  mode http
  timeout client 600s
  timeout server 600s
  timeout tunnel 600s
  timeout connect 5s
  timeout http-keep-alive 600s
  http-reuse always
  option forwardfor
frontend callers
  bind 127.0.0.1:{port}{inbound}
{rules}  default_backend app
backend app
  server app 127.0.0.1:{upstream} pool-max-conn {connections}{outbound}
"""

# The versions in use cannot search a list of claims: the role is looked for at the two places where our
# tokens have roles.
RULES = """  http-request del-header x-user
  http-request del-header x-tenant
  http-request del-header x-roles
  http-request del-header x-email
  http-request set-var(txn.token) http_auth_bearer
  http-request deny deny_status 401 unless {{ var(txn.token) -m found }}
  http-request deny deny_status 401 unless {{ var(txn.token),jwt_header_query('$.alg') -m str RS256 }}
  http-request deny deny_status 401 unless {{ var(txn.token),jwt_verify(RS256,"{public}") -m int 1 }}
  http-request set-var(txn.expiry) var(txn.token),jwt_payload_query('$.exp','int')
  http-request set-var(txn.now) date()
  http-request deny deny_status 401 if {{ var(txn.expiry),sub(txn.now) -m int lt 0 }}
  http-request deny deny_status 401 unless {{ var(txn.token),jwt_payload_query('$.iss') -m str {issuer} }}
  http-request deny deny_status 401 unless {{ var(txn.token),jwt_payload_query('$.aud') -m str {audience} }}
  http-request set-var(txn.first) var(txn.token),jwt_payload_query('$.roles[0]')
  http-request set-var(txn.second) var(txn.token),jwt_payload_query('$.roles[1]')
  http-request deny deny_status 403 unless {{ var(txn.first) -m str {role} }} || {{ var(txn.second) -m str {role} }}
  http-request set-var(txn.tenant) var(txn.token),jwt_payload_query('$.tenant_id')
  http-request deny deny_status 403 unless {{ path,field(4,/),strcmp(txn.tenant) eq 0 }}
  http-request set-header x-user %[var(txn.token),jwt_payload_query('$.sub')]
  http-request set-header x-tenant %[var(txn.tenant)]
  http-request set-header x-roles %[var(txn.first)],%[var(txn.second)]
  http-request set-header x-email %[var(txn.token),jwt_payload_query('$.email')]
"""


def haproxy(setting, rules):
    inbound = outbound = ""
    if setting.tls:
        # HAProxy wants the key in the same file as the certificate.
        both = (setting.keys.folder / "tls.pem").read_text() + (setting.keys.folder / "tls.key").read_text()
        inbound = f" ssl crt {setting.write('both.pem', both)} alpn h2,http/1.1"
        outbound = f" ssl verify required ca-file {setting.keys.folder}/ca.pem verifyhost localhost sni str(localhost)"
    text = CONFIG.format(
        threads=setting.threads, port=setting.port, upstream=setting.upstream,
        inbound=inbound, outbound=outbound, rules=rules, connections=setting.connections,
    )
    return Launch([setting.programs["haproxy"], "-db", "-f", setting.write("haproxy.cfg", text)])


def plain(setting):
    return haproxy(setting, "")


def rs256(setting):
    return haproxy(setting, RULES.format(public=setting.keys.public, issuer=ISSUER, audience=AUDIENCE, role=ROLE))
