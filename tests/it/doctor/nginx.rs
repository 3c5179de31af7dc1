//! A real nginx that asks sidegate by `auth_request`: with a right configuration, and with the usual wrong lines.

use std::net::{SocketAddr, TcpStream};
use std::path::Path;
use std::process::Command;

use tempfile::TempDir;

use super::World;
use crate::support::gate::Setup;
use crate::support::process::Server;
use crate::support::{Gate, Upstream, eventually, free_port};

/// From where nginx asks, so that this machine is not the front.
const FRONT: &str = "127.0.0.2";

/// A configuration with nothing to find. Each of the tests takes a line out, or puts one in.
const RIGHT: &str = r#"
daemon off;
worker_processes 1;
pid {folder}/nginx.pid;
error_log stderr warn;
events {}
http {
    access_log off;
    client_body_temp_path {folder}/body;
    proxy_temp_path {folder}/proxy;
    fastcgi_temp_path {folder}/fastcgi;
    uwsgi_temp_path {folder}/uwsgi;
    scgi_temp_path {folder}/scgi;
    server {
        listen {front};
        location / {
            auth_request /_sidegate;
            auth_request_set $sidegate_user $upstream_http_x_user;
            auth_request_set $sidegate_tenant $upstream_http_x_tenant;
            auth_request_set $sidegate_authorization $upstream_http_authorization;
            auth_request_set $sidegate_target $upstream_http_x_sidegate_target;
            proxy_set_header X-User $sidegate_user;
            proxy_set_header X-Tenant $sidegate_tenant;
            proxy_set_header Authorization $sidegate_authorization;
            proxy_set_header Host $http_host;
            proxy_pass http://{app}$sidegate_target;
        }
        location = /_sidegate {
            internal;
            proxy_bind 127.0.0.2;
            proxy_pass http://{gate};
            proxy_pass_request_body off;
            proxy_set_header Content-Length "";
            proxy_set_header X-Original-Method $request_method;
            proxy_set_header X-Original-URL $scheme://$http_host$request_uri;
            proxy_set_header X-Forwarded-For $remote_addr;
        }
        location @app {
            proxy_pass http://{app};
        }
    }
}
"#;

/// nginx, the door it asks, and the app's place.
struct Site {
    world: World,
    gate: Gate,
    front: SocketAddr,
    _nginx: Server,
    _folder: TempDir,
}

impl Site {
    /// With lines of the configuration replaced by others.
    fn with(changes: &[(&str, &str)]) -> Self {
        let mut world = World::new();
        world.policy = without_hooks(&world.policy);
        let gate = Setup::policy(&world.policy)
            .argument("--door=nginx")
            .argument(&format!("--trust={FRONT}"))
            .start();
        gate.wait_ready();
        let folder = tempfile::tempdir().unwrap();
        let front = SocketAddr::from(([127, 0, 0, 1], free_port()));
        let mut text = RIGHT.to_owned();
        for (line, other) in changes {
            assert!(text.contains(line), "{line}");
            text = text.replace(line, other);
        }
        let text = text
            .replace("{folder}", folder.path().to_str().unwrap())
            .replace("{front}", &front.to_string())
            .replace("{app}", &world.app.to_string())
            .replace("{gate}", &gate.address.to_string());
        Self {
            _nginx: nginx(folder.path(), &text, front),
            world,
            gate,
            front,
            _folder: folder,
        }
    }
}

fn nginx(folder: &Path, text: &str, front: SocketAddr) -> Server {
    let file = folder.join("nginx.conf");
    std::fs::write(&file, text).unwrap();
    let mut command = Command::new("nginx");
    command.arg("-p").arg(folder).arg("-c").arg(&file);
    let server = Server::start(&command);
    eventually("nginx listens", || TcpStream::connect(front).is_ok());
    server
}

/// nginx cannot be asked about bodies, and a gate that were to verify some for it does not start.
fn without_hooks(policy: &str) -> String {
    let kept = policy.lines().filter(|line| !line.contains("hub:"));
    let kept: Vec<&str> = kept.filter(|line| *line != "webhooks:").collect();
    let kept = kept.join("\n");
    kept.split("  - path: /hooks/hub")
        .next()
        .unwrap()
        .to_owned()
}

const UNHOOKED: [&str; 2] = ["webhook-body", "webhook-refusals"];

#[test]
fn right_nginx_has_no_hole() {
    let site = Site::with(&[]);
    let closed = format!("http://127.0.0.1:{}", free_port());
    let door = format!("http://{}", site.gate.address);
    let report = site
        .world
        .full(site.front, &["--app", &closed, "--door", &door]);
    let [body, refusals] = UNHOOKED;
    report.assert_well_but(&["sidegate-down", body, refusals]);
    assert_eq!(report.checks["door"].1, "403 FRONT_UNTRUSTED");
}

#[test]
fn header_that_nginx_does_not_set_is_found() {
    let line = "            proxy_set_header X-User $sidegate_user;\n";
    let site = Site::with(&[(line, "")]);
    let app = site.world.app.to_string();
    let seen = site.world.doctor(site.front, &["--as-app", &app]);
    seen.assert_only("stripped-headers");
    let detail = &seen.checks["stripped-headers"].1;
    assert!(
        detail.contains("`X-User`") && !detail.contains("`X-Tenant`"),
        "{detail}"
    );
    // With a token it shows that the name of whoever called does not come to the app either.
    let report = site.world.full(site.front, &[]);
    assert_eq!(
        report.names("hole"),
        ["identity-headers", "stripped-headers"]
    );
}

#[test]
fn credential_that_nginx_sends_on_is_found() {
    let line = "            proxy_set_header Authorization $sidegate_authorization;\n";
    let report = Site::with(&[(line, "")]);
    report
        .world
        .full(report.front, &[])
        .assert_only("credentials-removed");
}

#[test]
fn original_uri_from_the_caller_is_found() {
    let map = "    map $http_x_original_uri $asked {\n        default $http_x_original_uri;\n        \
               \"\" $request_uri;\n    }\n    server {";
    let changes = [
        ("    server {", map),
        ("$http_host$request_uri;", "$http_host$asked;"),
    ];
    let site = Site::with(&changes);
    site.world
        .full(site.front, &[])
        .assert_only("original-request");
    let app = Upstream::on(std::net::TcpListener::bind(site.world.app).unwrap());
    site.world
        .doctor(site.front, &[])
        .assert_only("original-request");
    assert!(app.seen().iter().all(|seen| seen.method == "GET"));
}

#[test]
fn error_page_that_leads_to_the_app_is_found() {
    let page = "        error_page 500 502 504 = @app;\n        location / {";
    let mut site = Site::with(&[("        location / {", page)]);
    site.world
        .full(site.front, &[])
        .assert_only("errors-refuse");
    site.gate.signal("TERM");
    site.gate.wait_for_end();
    let app = site.world.app.to_string();
    let words = ["--sidegate-down", "--as-app", &app];
    site.world
        .doctor(site.front, &words)
        .assert_only("sidegate-down");
}

#[test]
fn right_nginx_refuses_everything_while_sidegate_is_down() {
    let mut site = Site::with(&[]);
    site.gate.signal("TERM");
    site.gate.wait_for_end();
    let app = site.world.app.to_string();
    for words in [
        &["--sidegate-down", "--as-app", &app][..],
        &["--sidegate-down"],
    ] {
        site.world
            .doctor(site.front, words)
            .assert_well_but(&["direct-path"]);
    }
}

#[test]
fn path_that_is_sent_otherwise_than_it_was_judged_is_found() {
    let changes = [
        (
            "            auth_request /_sidegate;",
            "            set $asked $uri;\n            auth_request /_sidegate;",
        ),
        ("$http_host$request_uri;", "$http_host$asked;"),
        ("http://{app}$sidegate_target;", "http://{app}$request_uri;"),
    ];
    let site = Site::with(&changes);
    site.world
        .full(site.front, &[])
        .assert_only("path-as-judged");
}

#[test]
fn app_with_an_open_port_is_found() {
    let site = Site::with(&[]);
    let app = Upstream::on(std::net::TcpListener::bind(site.world.app).unwrap());
    let report = site.world.doctor(site.front, &["--app", &app.url()]);
    report.assert_only("direct-path");
}

#[test]
fn location_without_a_question_is_found() {
    let open = "        location /api/ {\n            proxy_pass http://{app};\n        }\n        location @app {";
    let site = Site::with(&[("        location @app {", open)]);
    site.world.full(site.front, &[]).assert_only("refuses");
}

#[test]
fn door_that_trusts_everybody_on_the_machine_is_told() {
    let world = World::new();
    let policy = without_hooks(&world.policy);
    let gate = Setup::policy(&policy)
        .argument("--door=nginx")
        .argument("--trust=127.0.0.0/8")
        .start();
    gate.wait_ready();
    let front = world.gate(world.app);
    let door = format!("http://{}", gate.address);
    let report = world.doctor(front.address, &["--door", &door]);
    let (result, detail) = &report.checks["door"];
    assert_eq!(result, "not_checked");
    assert!(detail.contains("this machine is trusted"), "{detail}");
    // Where the process file says otherwise, it is a hole.
    let folder = tempfile::tempdir().unwrap();
    std::fs::write(folder.path().join("policy.yaml"), &world.policy).unwrap();
    let process = folder.path().join("sidegate.yaml");
    let text = "policy: policy.yaml\nupstream: http://127.0.0.1:9000\ntrusted_proxies: { cidrs: [10.0.0.1] }\n";
    std::fs::write(&process, text).unwrap();
    let words = ["--door", &door, "--config", process.to_str().unwrap()];
    world.doctor(front.address, &words).assert_only("door");
}
