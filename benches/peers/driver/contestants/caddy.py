"""Caddy, plain. Its thread count is Go's."""

from contestants import Launch

CONFIG = """{{
  admin off
  auto_https off
  persist_config off
  log {{
    level ERROR
  }}
  servers {{
    protocols h1 h2c
  }}
}}
http://:{port} {{
  bind 127.0.0.1
  reverse_proxy 127.0.0.1:{upstream} {{
    transport http {{
      keepalive_idle_conns_per_host {kept}
    }}
  }}
}}
"""


def plain(setting):
    text = CONFIG.format(port=setting.port, upstream=setting.upstream, kept=setting.connections)
    config = setting.write("Caddyfile", text)
    argv = [setting.programs["caddy"], "run", "--adapter", "caddyfile", "--config", config]
    home = str(setting.folder)
    return Launch(argv, env={"GOMAXPROCS": str(setting.threads), "XDG_DATA_HOME": home, "XDG_CONFIG_HOME": home})
