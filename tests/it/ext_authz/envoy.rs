//! A real Envoy in front of an app, asking a gate.

use std::net::{SocketAddr, TcpListener, TcpStream};
use std::process::{Child, Command, Stdio};
use std::time::{Duration, Instant};

use serde_json::Value;
use tempfile::TempDir;

use super::tls::{Authority, Signed};
use crate::support::process::real_part;
use crate::support::{Call, Upstream};

/// How long Envoy may take to listen.
const PATIENCE: Duration = Duration::from_secs(30);

/// A running Envoy, killed on drop.
pub(super) struct Envoy {
    child: Child,
    folder: TempDir,
    pub(super) address: SocketAddr,
}

/// How it will ask.
#[derive(Default)]
pub(super) struct Asking {
    /// Further lines of the filter.
    filter: String,
    /// Whether it shows a certificate.
    secure: bool,
    files: Vec<(&'static str, String)>,
    health: bool,
    map: bool,
}

impl Asking {
    /// With bodies up to so many bytes, as bytes.
    #[must_use]
    pub(super) fn with_bodies(mut self, most: usize, partial: bool) -> Self {
        self.filter += &format!(
            "              with_request_body: {{ max_request_bytes: {most}, allow_partial_message: {partial}, pack_as_bytes: true }}\n"
        );
        self
    }

    /// With fields as a map of strings.
    #[must_use]
    pub(super) fn mapped(mut self) -> Self {
        self.map = true;
        self
    }

    /// Lets requests pass while the gate is broken.
    #[must_use]
    pub(super) fn lenient(mut self) -> Self {
        self.filter += "              failure_mode_allow: true\n";
        self
    }

    /// Asks for the gate's health before it asks anything else.
    #[must_use]
    pub(super) fn with_health(mut self) -> Self {
        self.health = true;
        self
    }

    /// Over TLS, with this certificate.
    #[must_use]
    pub(super) fn showing(mut self, signed: Signed, authority: &Authority) -> Self {
        self.secure = true;
        self.files = vec![
            ("envoy.crt", signed.certificate),
            ("envoy.key", signed.key),
            ("envoy.ca", authority.pem.clone()),
        ];
        self
    }

    /// Starts it.
    pub(super) fn start(self, gate: SocketAddr, app: &Upstream) -> Envoy {
        let folder = tempfile::tempdir().unwrap();
        for (name, text) in &self.files {
            std::fs::write(folder.path().join(name), text).unwrap();
        }
        let free = TcpListener::bind("127.0.0.1:0").unwrap();
        let address = free.local_addr().unwrap();
        drop(free);
        std::fs::write(
            folder.path().join("envoy.yaml"),
            self.config(address, gate, app),
        )
        .unwrap();
        let log = std::fs::File::create(folder.path().join("envoy.log")).unwrap();
        let child = Command::new(real_part("doors/bin/envoy"))
            .args([
                "-c",
                "envoy.yaml",
                "--disable-hot-restart",
                "--concurrency",
                "1",
            ])
            .args(["--log-level", "warn"])
            .current_dir(folder.path())
            .stdin(Stdio::null())
            .stdout(Stdio::null())
            .stderr(log)
            .spawn()
            .unwrap();
        let envoy = Envoy {
            child,
            folder,
            address,
        };
        let end = Instant::now() + PATIENCE;
        while TcpStream::connect(address).is_err() {
            assert!(
                Instant::now() < end,
                "Envoy does not listen: {}",
                envoy.said()
            );
            std::thread::sleep(Duration::from_millis(20));
        }
        envoy
    }

    fn config(&self, address: SocketAddr, gate: SocketAddr, app: &Upstream) -> String {
        let secure = match self.secure {
            false => "",
            true => SECURE,
        };
        let health = match self.health {
            false => "",
            true => HEALTH,
        };
        CONFIG
            .replace("@PORT@", &address.port().to_string())
            .replace("@GATE@", &gate.port().to_string())
            .replace("@APP@", &app.address.port().to_string())
            .replace("@FILTER@", &self.filter)
            .replace("@RAW@", if self.map { "false" } else { "true" })
            .replace("@SECURE@", secure)
            .replace("@HEALTH@", health)
    }
}

impl Envoy {
    pub(super) fn call(&self, method: &str, target: &str) -> Call {
        Call::new(self.address, method, target)
    }

    pub(super) fn get(&self, target: &str) -> Call {
        self.call("GET", target)
    }

    /// Its access log, with what the gate told it.
    pub(super) fn log(&self) -> Vec<Value> {
        let text = std::fs::read_to_string(self.folder.path().join("access.log"));
        let text = text.unwrap_or_default();
        let lines = text
            .lines()
            .filter_map(|line| serde_json::from_str(line).ok());
        lines.collect()
    }

    fn said(&self) -> String {
        std::fs::read_to_string(self.folder.path().join("envoy.log")).unwrap_or_default()
    }
}

impl Drop for Envoy {
    fn drop(&mut self) {
        let _ = self.child.kill();
        let _ = self.child.wait();
        if std::thread::panicking() {
            println!("--- Envoy said:\n{}", self.said());
        }
    }
}

const CONFIG: &str = r#"
static_resources:
  listeners:
  - address: { socket_address: { address: 127.0.0.1, port_value: @PORT@ } }
    filter_chains:
    - filters:
      - name: envoy.filters.network.http_connection_manager
        typed_config:
          "@type": type.googleapis.com/envoy.extensions.filters.network.http_connection_manager.v3.HttpConnectionManager
          stat_prefix: front
          use_remote_address: true
          access_log:
          - name: envoy.access_loggers.file
            typed_config:
              "@type": type.googleapis.com/envoy.extensions.access_loggers.file.v3.FileAccessLog
              path: access.log
              log_format:
                json_format:
                  status: "%RESPONSE_CODE%"
                  subject: "%DYNAMIC_METADATA(envoy.filters.http.ext_authz:subject)%"
                  route: "%DYNAMIC_METADATA(envoy.filters.http.ext_authz:route)%"
                  reason: "%DYNAMIC_METADATA(envoy.filters.http.ext_authz:reason)%"
          route_config:
            virtual_hosts:
            - name: app
              domains: ["*"]
              routes:
              - { match: { prefix: / }, route: { cluster: app } }
          http_filters:
          - name: envoy.filters.http.ext_authz
            typed_config:
              "@type": type.googleapis.com/envoy.extensions.filters.http.ext_authz.v3.ExtAuthz
              transport_api_version: V3
              encode_raw_headers: @RAW@
              grpc_service: { envoy_grpc: { cluster_name: sidegate }, timeout: 5s }
@FILTER@
          - name: envoy.filters.http.router
            typed_config:
              "@type": type.googleapis.com/envoy.extensions.filters.http.router.v3.Router
  clusters:
  - name: app
    type: STATIC
    load_assignment:
      cluster_name: app
      endpoints: [{ lb_endpoints: [{ endpoint: { address: { socket_address: { address: 127.0.0.1, port_value: @APP@ } } } }] }]
  - name: sidegate
    type: STATIC
    typed_extension_protocol_options:
      envoy.extensions.upstreams.http.v3.HttpProtocolOptions:
        "@type": type.googleapis.com/envoy.extensions.upstreams.http.v3.HttpProtocolOptions
        explicit_http_config: { http2_protocol_options: {} }
    load_assignment:
      cluster_name: sidegate
      endpoints: [{ lb_endpoints: [{ endpoint: { address: { socket_address: { address: 127.0.0.1, port_value: @GATE@ } } } }] }]
@SECURE@@HEALTH@
"#;

const SECURE: &str = r#"    transport_socket:
      name: envoy.transport_sockets.tls
      typed_config:
        "@type": type.googleapis.com/envoy.extensions.transport_sockets.tls.v3.UpstreamTlsContext
        sni: localhost
        common_tls_context:
          alpn_protocols: [h2]
          tls_certificates:
          - { certificate_chain: { filename: envoy.crt }, private_key: { filename: envoy.key } }
          validation_context:
            trusted_ca: { filename: envoy.ca }
            match_typed_subject_alt_names: [{ san_type: DNS, matcher: { exact: localhost } }]
"#;

const HEALTH: &str = r#"    health_checks:
    - timeout: 5s
      interval: 1s
      unhealthy_threshold: 1
      healthy_threshold: 1
      grpc_health_check: { service_name: envoy.service.auth.v3.Authorization }
"#;
