"""nginx: `proxy_pass` with kept upstream connections. Also what the upstream is made of."""

import os

from contestants import Launch

CONFIG = """daemon off;
pid {folder}/nginx.pid;
error_log {folder}/error.log crit;
worker_processes {threads};
{user}
events {{ worker_connections {connections}; }}
http {{
  access_log off;
  default_type application/json;
  server_tokens off;
  keepalive_requests 1000000000;
  keepalive_timeout 600s;
  client_max_body_size 64m;
  client_body_temp_path {folder}/body;
  proxy_temp_path {folder}/proxy;
  fastcgi_temp_path {folder}/fastcgi;
  uwsgi_temp_path {folder}/uwsgi;
  scgi_temp_path {folder}/scgi;
  {http}
}}
"""

# Bodies stream, as they do in every other contestant: nginx would put them into files first.
PLAIN = """
  map $http_upgrade $peers_connection {{ default ""; websocket upgrade; }}
  upstream app {{
    server 127.0.0.1:{upstream};
    keepalive {kept};
    keepalive_requests 1000000000;
    keepalive_timeout 600s;
  }}
  server {{
    {listen}
    location / {{
      proxy_pass {scheme}://app;
      proxy_http_version 1.1;
      proxy_set_header Host $host;
      proxy_set_header Connection $peers_connection;
      proxy_set_header Upgrade $http_upgrade;
      proxy_set_header X-Forwarded-For $proxy_add_x_forwarded_for;
      proxy_request_buffering off;
      proxy_max_temp_file_size 0;
      {outbound}
    }}
  }}
"""


def nginx(folder, program, http, threads, connections):
    """`connections` are those of callers and to the upstream.

    Workers stay root where nginx is started by root: the folder may be open to nobody else.
    """
    user = "user root;" if os.geteuid() == 0 else ""
    config = folder / "nginx.conf"
    config.write_text(CONFIG.format(folder=folder, threads=threads, http=http, user=user, connections=connections))
    return [program, "-p", folder, "-c", config]


def certificate(keys):
    return f"ssl_certificate {keys.folder}/tls.pem; ssl_certificate_key {keys.folder}/tls.key; ssl_session_tickets off;"


def plain(setting):
    listen = (
        f"listen 127.0.0.1:{setting.port} reuseport backlog=4096;"
        f" listen 127.0.0.1:{setting.spare} http2 reuseport backlog=4096;"
    )
    outbound = ""
    if setting.tls:
        listen = f"listen 127.0.0.1:{setting.port} ssl http2 reuseport backlog=4096; {certificate(setting.keys)}"
        outbound = (
            f"proxy_ssl_trusted_certificate {setting.keys.folder}/ca.pem; proxy_ssl_verify on;"
            " proxy_ssl_name localhost; proxy_ssl_server_name on;"
        )
    http = PLAIN.format(
        upstream=setting.upstream, listen=listen, outbound=outbound, kept=setting.connections,
        scheme="https" if setting.tls else "http",
    )
    argv = nginx(setting.folder, setting.programs["nginx"], http, setting.threads, 2 * setting.connections)
    return Launch(argv, h2=setting.spare)
