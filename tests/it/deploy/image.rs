//! The image: built from nothing by buildah, and run as it would be in a pod.
//!
//! The binary in it is a quick one (`PROFILE=dev`), static as the real one is. The first build of it takes some
//! five minutes on two cores, in `target/static`; later ones take what the change takes.

use std::path::{Path, PathBuf};
use std::process::Command;
use std::sync::OnceLock;

use tempfile::TempDir;

use super::tools::{deploy, folder, good, said};
use crate::support::process::Server;
use crate::support::{Call, Issuer, Upstream, eventually, free_port, repository};

/// What is in the image, and nothing else.
const CONTENT: [&str; 9] = [
    "etc/group",
    "etc/nsswitch.conf",
    "etc/passwd",
    "etc/ssl/certs/ca-certificates.crt",
    "usr/local/bin/sidegate",
    "usr/share/doc/sidegate/LICENSE-APACHE",
    "usr/share/doc/sidegate/LICENSE-MIT",
    "tmp/",
    "var/lib/sidegate/",
];

/// Images and containers of these tests, gone with them.
struct Storage(TempDir);

impl Storage {
    fn new() -> Self {
        Self(folder())
    }

    fn arguments(&self) -> [String; 4] {
        let at = |name: &str| format!("--{name}={}", self.0.path().join(name).display());
        [
            "--storage-driver=vfs".to_owned(),
            at("root"),
            at("runroot"),
            "--log-level=error".to_owned(),
        ]
    }

    fn buildah(&self) -> Command {
        let mut command = Command::new("buildah");
        command.args(self.arguments());
        command
    }

    /// Runs the recipe, with the binary that is there already.
    fn build(&self) -> String {
        let mut command = Command::new(deploy("image/build"));
        command
            .env("BUILDAH", format!("buildah {}", self.arguments().join(" ")))
            .env("BINARY", binary())
            .env("SOURCE_DATE_EPOCH", "1700000000");
        good(command.arg("sidegate:test")).trim().to_owned()
    }

    /// A container of the image, and where its files are.
    fn container(&self, image: &str) -> (String, PathBuf) {
        let name = good(self.buildah().args(["from", "--pull-never", image]))
            .trim()
            .to_owned();
        let root = good(self.buildah().args(["mount", &name]))
            .trim()
            .to_owned();
        (name, PathBuf::from(root))
    }
}

impl Drop for Storage {
    fn drop(&mut self) {
        let _ = self.buildah().args(["rm", "--all"]).output();
        let _ = self.buildah().args(["rmi", "--all", "--force"]).output();
    }
}

/// The static binary, compiled once for all tests as the recipe does it.
fn binary() -> &'static Path {
    static BINARY: OnceLock<PathBuf> = OnceLock::new();
    BINARY.get_or_init(|| {
        let storage = Storage::new();
        // Behind the tests that run meanwhile, which are of a machine that is not busy compiling.
        let mut command = Command::new("nice");
        command
            .arg(deploy("image/build"))
            .env(
                "BUILDAH",
                format!("buildah {}", storage.arguments().join(" ")),
            )
            .env("PROFILE", "dev")
            // The flags of the build under test are not those of this one.
            .env_remove("RUSTFLAGS")
            .env_remove("CARGO_TARGET_DIR");
        good(&mut command);
        let target = format!(
            "target/static/{}-unknown-linux-gnu/debug/sidegate",
            std::env::consts::ARCH
        );
        repository(&target)
    })
}

/// Files, and folders with nothing in them, which end in a slash.
fn content(root: &Path, below: &str, found: &mut Vec<String>) {
    let mut empty = true;
    for entry in std::fs::read_dir(root.join(below)).unwrap() {
        let entry = entry.unwrap();
        empty = false;
        let name = format!("{below}{}", entry.file_name().to_str().unwrap());
        match entry.file_type().unwrap().is_dir() {
            true => content(root, &format!("{name}/"), found),
            false => found.push(name),
        }
    }
    if empty {
        found.push(below.to_owned());
    }
}

#[test]
fn image_has_the_gate_and_certificates_and_no_shell() {
    let storage = Storage::new();
    let image = storage.build();
    let (container, root) = storage.container(&image);
    let mut found = Vec::new();
    content(&root, "", &mut found);
    // The folders that its files are mounted on.
    found.retain(|path| path != "etc/sidegate/");
    found.sort();
    let mut wanted = CONTENT.map(str::to_owned).to_vec();
    wanted.sort();
    assert_eq!(found, wanted);
    let shell = storage
        .buildah()
        .args([
            "run",
            "--isolation",
            "chroot",
            &container,
            "/bin/sh",
            "-c",
            "true",
        ])
        .output();
    assert!(!shell.unwrap().status.success());
    let version = good(storage.buildah().args([
        "run",
        "--isolation",
        "chroot",
        &container,
        "/usr/local/bin/sidegate",
        "version",
    ]));
    assert!(version.starts_with("sidegate "), "{version}");
}

#[test]
fn image_says_who_it_runs_as_and_what_it_starts() {
    let storage = Storage::new();
    let image = storage.build();
    let text = good(
        storage
            .buildah()
            .args(["inspect", "--type", "image", &image]),
    );
    let whole: serde_json::Value = serde_json::from_str(&text).unwrap();
    let config = &whole["OCIv1"]["config"];
    assert_eq!(config["User"], "65532:65532");
    assert_eq!(
        config["Entrypoint"],
        serde_json::json!(["/usr/local/bin/sidegate"])
    );
    assert_eq!(
        config["Cmd"],
        serde_json::json!(["serve", "--config", "/etc/sidegate/sidegate.yaml"])
    );
    let label = |name: &str| config["Labels"][format!("org.opencontainers.image.{name}")].as_str();
    assert_eq!(label("title"), Some("sidegate"));
    assert_eq!(label("version"), Some(env!("CARGO_PKG_VERSION")));
    // Twice the same commit is twice the same image.
    assert_eq!(storage.build(), image);
}

/// The recipe for Docker differs in how it compiles; what it makes of the result is the same.
#[test]
fn last_stage_of_the_containerfile_makes_the_same() {
    let storage = Storage::new();
    let image = storage.build();
    let (_, root) = storage.container(&image);
    let context = folder();
    let laid_out = context.path().join("root-of-the-image");
    good(Command::new("cp").arg("-a").arg(&root).arg(&laid_out));
    let built = format!("build={}", context.path().display());
    let recipe = deploy("image/Containerfile");
    let mut command = storage.buildah();
    command.args([
        "build",
        "--quiet",
        "--isolation",
        "chroot",
        "--build-context",
        &built,
        "--file",
    ]);
    let other = good(command.arg(recipe).arg(context.path()));
    let inspect = |image: &str| {
        let text = good(
            storage
                .buildah()
                .args(["inspect", "--type", "image", image]),
        );
        let whole: serde_json::Value = serde_json::from_str(&text).unwrap();
        whole["OCIv1"]["config"].clone()
    };
    let (ours, theirs) = (inspect(&image), inspect(other.trim()));
    for key in [
        "User",
        "Entrypoint",
        "Cmd",
        "WorkingDir",
        "ExposedPorts",
        "StopSignal",
    ] {
        assert_eq!(ours[key], theirs[key], "{key}");
    }
}

/// As in a pod: the root read-only, user 65532, nothing of this machine but the network, the demo's policy.
#[test]
fn gate_runs_on_a_read_only_root_as_nobody() {
    let storage = Storage::new();
    let image = storage.build();
    let (_, root) = storage.container(&image);
    let (issuer, app) = (
        Issuer::with(vec![crate::support::keys::SigningKey::rsa("main")]),
        Upstream::start(),
    );
    let (port, admin) = (free_port(), free_port());
    let files = folder();
    let policy = std::fs::read_to_string(repository("config/demo/policy.yaml")).unwrap();
    std::fs::write(files.path().join("policy.yaml"), policy).unwrap();
    let process = format!(
        "listen: 127.0.0.1:{port}\nadmin: {{ listen: 127.0.0.1:{admin} }}\npolicy: policy.yaml\nupstream: {}\n\
         store: sqlite:/var/lib/sidegate/sidegate.db\nkey_sets: {{ cache_dir: /var/lib/sidegate }}\n",
        app.url()
    );
    std::fs::write(files.path().join("sidegate.yaml"), process).unwrap();
    // A mount namespace of its own, so that nothing of this is left when it ends.
    let script = format!(
        "mount --bind {root} {root} && mount -o remount,bind,ro {root} \
         && mount --bind {files} {root}/etc/sidegate && mount -t tmpfs none {root}/var/lib/sidegate \
         && chown 65532:65532 {root}/var/lib/sidegate && chmod 755 {files} \
         && mkdir {root}/cannot 2>/dev/null && exit 7; \
         exec chroot --userspec=65532:65532 {root} /usr/local/bin/sidegate serve --config /etc/sidegate/sidegate.yaml",
        root = root.display(),
        files = files.path().display(),
    );
    let mut command = Command::new("unshare");
    command
        .args(["--mount", "sh", "-c", &script])
        .env("DEMO_ISSUER", issuer.url());
    let gate = Server::start(&command);
    gate.wait_for("sidegate: ready");
    let address = ([127, 0, 0, 1], port).into();
    eventually("the gate is ready", || {
        let admin = ([127, 0, 0, 1], admin).into();
        Call::new(admin, "GET", "/readyz").send().status == 200
    });
    let ask = |path: &str| Call::new(address, "GET", path);
    assert_eq!(ask("/api/hello").send().status, 401);
    let claims = serde_json::json!({ "aud": "demo-api", "tenant": "acme", "roles": ["admin"] });
    let token = issuer.token(&claims);
    let answer = ask("/api/hello").bearer(&token).send();
    assert_eq!(answer.status, 200, "{}", answer.text());
    assert_eq!(app.last().header("X-User"), Some("alice"));
    // Whoever has the gate's port: user 65532, and no way to become another.
    let status = processes(&root);
    assert!(
        status.contains("Uid:\t65532\t65532\t65532\t65532"),
        "{status}"
    );
}

/// What the system says of the process whose root this is.
fn processes(root: &Path) -> String {
    let all = std::fs::read_dir("/proc").unwrap();
    let mut found = all.filter_map(|entry| {
        let path = entry.ok()?.path();
        let line = std::fs::read_to_string(path.join("cmdline")).ok()?;
        let ours = line.starts_with("/usr/local/bin/sidegate\0serve");
        let theirs = std::fs::read_link(path.join("root")).ok()?;
        (ours && theirs == *root).then(|| std::fs::read_to_string(path.join("status")).ok())?
    });
    found.next().unwrap_or_default()
}

#[test]
fn binary_that_needs_a_loader_is_refused() {
    let storage = Storage::new();
    let mut command = Command::new(deploy("image/build"));
    command
        .env(
            "BUILDAH",
            format!("buildah {}", storage.arguments().join(" ")),
        )
        .env("BINARY", "/bin/true");
    let said = said(&mut command);
    assert!(
        !said.good && said.all.contains("needs a loader"),
        "{}",
        said.all
    );
}
