//! The chart, as `helm` renders it.

use std::path::{Path, PathBuf};

use serde_json::Value;

use super::tools::{assert_valid, deploy, entries, folder, good, kube, said};
use super::yaml::{assert_checked, container, data, documents, find};

fn chart() -> PathBuf {
    deploy("helm/sidegate")
}

fn render(values: &Path, more: &[&str]) -> String {
    let mut command = kube("helm");
    command
        .args(["template", "rel"])
        .arg(chart())
        .arg("--values")
        .arg(values);
    good(command.args(more))
}

fn ci(name: &str) -> PathBuf {
    chart().join("ci").join(name)
}

#[test]
fn every_file_of_values_is_linted_and_valid() {
    let files = entries(&chart().join("ci"));
    assert!(files.len() >= 6);
    for values in files {
        let mut lint = kube("helm");
        good(
            lint.args(["lint", "--strict", "--quiet"])
                .arg(chart())
                .arg("--values")
                .arg(&values),
        );
        assert_valid(&render(&values, &[]), &values.display().to_string());
    }
}

#[test]
fn process_file_and_policy_pass_check() {
    for values in entries(&chart().join("ci")) {
        let documents = documents(&render(&values, &[]));
        // One of them names a ConfigMap that is there already.
        let policy = data(&documents, "policy.yaml").unwrap_or(
            "issuers:\n  main: { url: https://idp.example.com, audience: a }\nroutes:\n  - path: /**\n",
        );
        let process = data(&documents, "sidegate.yaml").unwrap();
        assert_checked(process, policy, &values.display().to_string());
    }
}

/// The values, and what is said of them.
const WRONG: [(&str, &str); 13] = [
    (
        "door=proksy",
        "at '/door': value must be one of 'proxy', 'nginx'",
    ),
    ("upstream=shop", "at '/upstream'"),
    ("upstream=", "at '/upstream': minLength"),
    ("door=nginx", "at '/trustedProxies/cidrs': minItems"),
    ("maxBody=1MiB", "at '/maxBody': maxLength"),
    ("prefix=/check", "at '/prefix': maxLength"),
    ("replicas=3", "additional properties 'replicas' not allowed"),
    (
        "image.tags=1",
        "at '/image': additional properties 'tags' not allowed",
    ),
    (
        "drain.delaySeconds=10s",
        "at '/drain/delaySeconds': got string, want integer",
    ),
    (
        "trustedProxies.cidrs[0]=0.0.0.0/0",
        "at '/trustedProxies/cidrs/0'",
    ),
    ("persistence.enabled=true", "at '/autoscaling/enabled'"),
    (
        "policy.existingConfigMap=other",
        "give either `policy.inline` or `policy.existingConfigMap`, not both",
    ),
    ("policy.inline=", "policy: without a policy nothing passes"),
];

#[test]
fn wrong_values_are_refused_and_told_where() {
    let base = folder();
    let values = base.path().join("values.yaml");
    std::fs::write(
        &values,
        "upstream: http://shop:80\npolicy: { inline: 'routes: []' }\n",
    )
    .unwrap();
    render(&values, &[]);
    for (wrong, wanted) in WRONG {
        let mut command = kube("helm");
        command
            .args(["template", "rel"])
            .arg(chart())
            .arg("--values")
            .arg(&values);
        let said = said(command.args(["--set", wrong]));
        assert!(
            !said.good && said.all.contains(wanted),
            "{wrong}\n{}",
            said.all
        );
    }
}

#[test]
fn pods_are_renewed_for_the_process_file_and_not_for_the_policy() {
    let pod = |more: &[&str]| {
        let documents = documents(&render(&ci("ext-authz-values.yaml"), more));
        find(&documents, "Deployment", "")["spec"]["template"].clone()
    };
    let before = pod(&[]);
    assert_eq!(before, pod(&["--set", "policy.inline=routes: []"]));
    let after = pod(&["--set", "workers=3"]);
    assert_ne!(before["metadata"], after["metadata"]);
}

#[test]
fn everything_that_can_be_had_is_there_when_it_is_asked_for() {
    let documents = documents(&render(&ci("proxy-values.yaml"), &[]));
    let kinds: Vec<&str> = documents
        .iter()
        .filter_map(|one| one["kind"].as_str())
        .collect();
    for kind in [
        "ConfigMap",
        "Deployment",
        "HorizontalPodAutoscaler",
        "NetworkPolicy",
        "PodDisruptionBudget",
        "PodMonitor",
        "PrometheusRule",
        "Service",
        "ServiceAccount",
    ] {
        assert!(kinds.contains(&kind), "{kind}");
    }
    let pod = &find(&documents, "Deployment", "")["spec"]["template"]["spec"];
    assert_eq!(pod["terminationGracePeriodSeconds"], 40);
    assert_eq!(pod["automountServiceAccountToken"], false);
    let gate = container(pod);
    assert_eq!(
        gate["env"][0]["valueFrom"]["secretKeyRef"]["key"],
        "jwt-secret"
    );
    let dashboard: Value =
        serde_json::from_str(data(&documents, "sidegate.json").unwrap()).unwrap();
    assert_eq!(dashboard["uid"], "sidegate");
}

/// The chart's copies, for a chart can hold only what stands in its folder.
#[test]
fn dashboard_and_alerts_of_the_chart_are_those_beside_it() {
    for (copy, original) in [
        ("dashboard.json", "grafana/dashboard.json"),
        ("alerts.yaml", "prometheus/alerts.yaml"),
    ] {
        let copied = std::fs::read_to_string(chart().join("files").join(copy)).unwrap();
        let original_text = std::fs::read_to_string(deploy(original)).unwrap();
        assert!(
            copied == original_text,
            "copy deploy/{original} to the chart's files/{copy}"
        );
    }
}

/// A chart of somebody else's that has this one as a dependency.
#[test]
fn gate_can_be_put_into_another_chart_s_pod() {
    let root = folder();
    let copy = |from: PathBuf, to: &str| {
        let mut command = std::process::Command::new("cp");
        good(command.arg("-r").arg(from).arg(root.path().join(to)));
    };
    std::fs::create_dir_all(root.path().join("examples")).unwrap();
    copy(chart(), "sidegate");
    copy(deploy("helm/examples/shop"), "examples/shop");
    let shop = root.path().join("examples/shop");
    good(
        kube("helm")
            .args(["dependency", "update", "--skip-refresh"])
            .arg(&shop),
    );
    good(
        kube("helm")
            .args(["lint", "--strict", "--quiet"])
            .arg(&shop),
    );
    let rendered = good(kube("helm").args(["template", "rel"]).arg(&shop));
    assert_valid(&rendered, "examples/shop");
    let documents = documents(&rendered);
    let pod = &find(&documents, "Deployment", "shop")["spec"]["template"]["spec"];
    assert_eq!(pod["initContainers"][0]["name"], "sidegate");
    assert_eq!(pod["initContainers"][0]["restartPolicy"], "Always");
    assert_eq!(
        documents
            .iter()
            .filter(|one| one["kind"] == "Deployment")
            .count(),
        1
    );
    let volumes = pod["volumes"].as_array().unwrap();
    for map in ["process", "policy"] {
        let named = volumes
            .iter()
            .filter_map(|volume| volume["configMap"]["name"].as_str());
        let name = named.into_iter().find(|name| name.ends_with(map)).unwrap();
        find(&documents, "ConfigMap", name);
    }
    let open = &find(&documents, "NetworkPolicy", "")["spec"];
    assert_eq!(
        open["podSelector"]["matchLabels"]["app.kubernetes.io/name"],
        "shop"
    );
    assert_eq!(open["ingress"][0]["ports"][0]["port"], 8080);
    assert_checked(
        data(&documents, "sidegate.yaml").unwrap(),
        data(&documents, "policy.yaml").unwrap(),
        "examples/shop",
    );
}

#[test]
fn notes_warn_of_an_app_that_is_open() {
    // `helm template` shows no notes; a dry run without a cluster does.
    let notes = |more: &[&str]| {
        let mut command = kube("helm");
        command.args([
            "install",
            "rel",
            "--dry-run=client",
            "--disable-openapi-validation",
        ]);
        command
            .arg(chart())
            .arg("--values")
            .arg(ci("proxy-values.yaml"));
        let said = said(command.args(more));
        said.all
    };
    let open = notes(&["--set", "networkPolicy.appLabels=null"]);
    assert!(
        open.contains("WARNING: nothing closes the app to others"),
        "{open}"
    );
    let closed = notes(&[]);
    assert!(
        closed.contains("It sends requests on to http://shop:80"),
        "{closed}"
    );
    assert!(!closed.contains("WARNING"), "{closed}");
}
