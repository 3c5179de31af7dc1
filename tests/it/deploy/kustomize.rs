//! The kustomizations, as `kubectl` builds them.

use serde_json::Value;

use super::tools::{assert_valid, deploy, entries, good, kube};
use super::yaml::{assert_checked, container, data, documents, find};

/// What `kubectl` makes of a folder.
fn build(folder: &str) -> String {
    good(kube("kubectl").arg("kustomize").arg(deploy(folder)))
}

fn folders() -> Vec<String> {
    let below = |part: &str| {
        let found = entries(&deploy(&format!("kubernetes/{part}")));
        let name =
            |path: std::path::PathBuf| path.file_name().unwrap().to_str().unwrap().to_owned();
        found
            .into_iter()
            .map(move |path| format!("kubernetes/{part}/{}", name(path)))
            .collect::<Vec<_>>()
    };
    let mut folders = below("base");
    folders.extend(below("overlays"));
    assert!(folders.len() >= 7, "{folders:?}");
    folders
}

/// The pod of the one Deployment.
fn pod(documents: &[Value]) -> &Value {
    &find(documents, "Deployment", "")["spec"]["template"]["spec"]
}

#[test]
fn every_kustomization_is_valid() {
    for folder in folders() {
        assert_valid(&build(&folder), &folder);
    }
}

#[test]
fn files_in_config_maps_pass_check() {
    for folder in folders() {
        let documents = documents(&build(&folder));
        let file =
            |name: &str| data(&documents, name).unwrap_or_else(|| panic!("{folder}: {name}"));
        assert_checked(file("sidegate.yaml"), file("policy.yaml"), &folder);
    }
}

/// A changed policy is taken up by the pods that are there; a changed process file needs new ones.
#[test]
fn policy_keeps_its_name_and_the_process_file_does_not() {
    for folder in folders() {
        let documents = documents(&build(&folder));
        find(&documents, "ConfigMap", "sidegate-policy");
        let hashed = documents.iter().any(|one| {
            let name = one["metadata"]["name"].as_str().unwrap_or_default();
            name.rsplit_once("sidegate-process-")
                .is_some_and(|(_, hash)| hash.len() == 10)
        });
        assert!(hashed, "{folder}");
    }
}

#[test]
fn gate_has_nothing_that_it_does_not_need() {
    for folder in folders() {
        let documents = documents(&build(&folder));
        let pod = pod(&documents);
        let gate = container(pod);
        let security = &gate["securityContext"];
        let both = |key: &str| match &security[key] {
            Value::Null => &pod["securityContext"][key],
            own => own,
        };
        assert_eq!(security["readOnlyRootFilesystem"], true, "{folder}");
        assert_eq!(security["allowPrivilegeEscalation"], false, "{folder}");
        assert_eq!(security["capabilities"]["drop"][0], "ALL", "{folder}");
        assert_eq!(*both("runAsNonRoot"), true, "{folder}");
        assert_eq!(*both("runAsUser"), 65532, "{folder}");
        assert_eq!(both("seccompProfile")["type"], "RuntimeDefault", "{folder}");
        assert_eq!(pod["automountServiceAccountToken"], false, "{folder}");
        let mounts = gate["volumeMounts"].as_array().unwrap();
        assert!(
            mounts.iter().all(|mount| mount["subPath"].is_null()),
            "{folder}"
        );
        assert!(
            gate["resources"]["requests"]["memory"].is_string(),
            "{folder}"
        );
        assert!(
            gate["resources"]["limits"]["memory"].is_string(),
            "{folder}"
        );
        for (probe, path) in [
            ("startupProbe", "/healthz"),
            ("livenessProbe", "/healthz"),
            ("readinessProbe", "/readyz"),
        ] {
            assert_eq!(gate[probe]["httpGet"]["path"], path, "{folder}");
            assert_eq!(gate[probe]["httpGet"]["port"], "metrics", "{folder}");
        }
    }
}

/// Seconds of `drain: { delay: 10s, timeout: 25s }`.
fn drain(process: &str) -> u64 {
    let line = process
        .lines()
        .find(|line| line.starts_with("drain:"))
        .unwrap();
    let numbers = line.split(|letter: char| !letter.is_ascii_digit());
    numbers
        .filter_map(|number| number.parse::<u64>().ok())
        .sum()
}

#[test]
fn grace_period_leaves_time_for_the_drain() {
    for folder in folders() {
        let documents = documents(&build(&folder));
        let pod = pod(&documents);
        let grace = pod["terminationGracePeriodSeconds"].as_u64().unwrap();
        let app = pod["containers"][0]["lifecycle"]["preStop"]["sleep"]["seconds"].as_u64();
        let needed = drain(data(&documents, "sidegate.yaml").unwrap()) + app.unwrap_or(0);
        assert!(grace >= needed + 5, "{folder}: {grace} for {needed}");
        let gate = container(pod);
        assert!(
            gate["lifecycle"].is_null(),
            "{folder}: the gate needs no preStop"
        );
    }
}

#[test]
fn sidecar_is_one_and_its_app_is_behind_it() {
    for folder in [
        "kubernetes/base/sidecar",
        "kubernetes/overlays/shop",
        "kubernetes/overlays/webhooks",
    ] {
        let documents = documents(&build(folder));
        let pod = pod(&documents);
        let gate = &pod["initContainers"][0];
        assert_eq!(gate["name"], "sidegate");
        assert_eq!(gate["restartPolicy"], "Always");
        let service = find(&documents, "Service", "app");
        assert_eq!(service["spec"]["ports"][0]["targetPort"], 8080);
        assert_eq!(service["spec"]["ports"].as_array().unwrap().len(), 1);
        let open = open_ports(find(&documents, "NetworkPolicy", "app"));
        assert_eq!(open, [(8080, false), (9901, true)], "{folder}");
    }
}

/// The ports that a policy opens, and whether only to some.
fn open_ports(policy: &Value) -> Vec<(u64, bool)> {
    let rules = policy["spec"]["ingress"].as_array().unwrap();
    let port = |rule: &Value| {
        (
            rule["ports"][0]["port"].as_u64().unwrap_or(0),
            !rule["from"].is_null(),
        )
    };
    rules.iter().map(port).collect()
}

#[test]
fn service_is_many_and_its_app_is_closed_to_others() {
    let documents = documents(&build("kubernetes/base/service"));
    let scaler = &find(&documents, "HorizontalPodAutoscaler", "sidegate")["spec"];
    assert_eq!(scaler["minReplicas"], 2);
    assert_eq!(
        find(&documents, "PodDisruptionBudget", "sidegate")["spec"]["maxUnavailable"],
        1
    );
    let deployment = &find(&documents, "Deployment", "sidegate")["spec"];
    assert!(
        deployment["replicas"].is_null(),
        "the autoscaler's number would be set back"
    );
    assert_eq!(
        pod(&documents)["topologySpreadConstraints"]
            .as_array()
            .unwrap()
            .len(),
        2
    );
    let app = &find(&documents, "NetworkPolicy", "app-behind-sidegate")["spec"]["ingress"];
    let from = &app[0]["from"][0]["podSelector"]["matchLabels"];
    assert_eq!(from["app.kubernetes.io/name"], "sidegate");
    assert_eq!(app.as_array().unwrap().len(), 1);
}

#[test]
fn door_of_another_proxy_is_open_to_that_proxy_alone() {
    let documents = documents(&build("kubernetes/overlays/ingress-nginx"));
    for (name, ports) in [
        ("sidegate", vec![(8080, true), (9901, true)]),
        ("app-behind-sidegate", vec![(0, true)]),
    ] {
        let policy = find(&documents, "NetworkPolicy", name);
        assert_eq!(open_ports(policy), ports, "{name}");
        let from = &policy["spec"]["ingress"][0]["from"][0]["namespaceSelector"]["matchLabels"];
        assert_eq!(from["kubernetes.io/metadata.name"], "ingress-nginx");
    }
}

#[test]
fn keys_in_sqlite_have_one_gate_and_one_volume() {
    let documents = documents(&build("kubernetes/overlays/api-keys"));
    let deployment = &find(&documents, "Deployment", "sidegate")["spec"];
    assert_eq!(deployment["replicas"], 1);
    assert_eq!(
        deployment["strategy"],
        serde_json::json!({ "type": "Recreate" })
    );
    let kinds: Vec<&str> = documents
        .iter()
        .filter_map(|one| one["kind"].as_str())
        .collect();
    assert!(kinds.contains(&"PersistentVolumeClaim"));
    assert!(!kinds.contains(&"HorizontalPodAutoscaler") && !kinds.contains(&"PodDisruptionBudget"));
    let volumes = pod(&documents)["volumes"].as_array().unwrap();
    let state = volumes
        .iter()
        .find(|volume| volume["name"] == "state")
        .unwrap();
    assert_eq!(state["persistentVolumeClaim"]["claimName"], "sidegate");
    assert!(state["emptyDir"].is_null());
}

#[test]
fn bodies_of_deliveries_have_room() {
    let limit = |folder: &str| {
        let documents = documents(&build(folder));
        let gate = container(pod(&documents)).clone();
        let text = gate["resources"]["limits"]["memory"]
            .as_str()
            .unwrap()
            .to_owned();
        text.trim_end_matches("Mi").parse::<u64>().unwrap()
    };
    let (plain, webhooks) = (
        limit("kubernetes/base/sidecar"),
        limit("kubernetes/overlays/webhooks"),
    );
    assert!(webhooks >= plain + 64, "{plain} and {webhooks}");
}
