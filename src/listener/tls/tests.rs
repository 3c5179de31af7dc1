use rcgen::{CertifiedKey as Made, generate_simple_self_signed};

use rustls_pki_types::CertificateDer;

use super::*;

pub(in crate::listener) fn made(folder: &Path, name: &str) -> TlsSettings {
    let Made { cert, signing_key } =
        generate_simple_self_signed(vec!["localhost".to_owned()]).unwrap();
    let settings = TlsSettings {
        certificate: folder.join(format!("{name}.crt")),
        key: folder.join(format!("{name}.key")),
        client_ca: None,
    };
    std::fs::write(&settings.certificate, cert.pem()).unwrap();
    std::fs::write(&settings.key, signing_key.serialize_pem()).unwrap();
    settings
}

fn shown(tls: &Tls) -> Vec<CertificateDer<'static>> {
    tls.current.load().files.certificate.cert.clone()
}

fn refusal(settings: &TlsSettings) -> String {
    Tls::load(settings, Protocols::default())
        .unwrap_err()
        .to_string()
}

#[test]
fn key_of_another_certificate_is_refused() {
    let folder = tempfile::tempdir().unwrap();
    let (one, other) = (made(folder.path(), "one"), made(folder.path(), "other"));
    let mixed = TlsSettings {
        key: other.key,
        ..one
    };
    assert!(refusal(&mixed).contains("does not belong to the certificate in"));
}

#[test]
fn wrong_files_are_named() {
    let folder = tempfile::tempdir().unwrap();
    let good = made(folder.path(), "good");
    let absent = TlsSettings {
        certificate: folder.path().join("absent.crt"),
        ..good.clone()
    };
    assert!(refusal(&absent).contains("absent.crt`: cannot be read"));
    let swapped = TlsSettings {
        certificate: good.key.clone(),
        key: good.certificate.clone(),
        client_ca: None,
    };
    assert!(refusal(&swapped).contains("good.key`: holds no certificate in PEM form"));
}

#[test]
fn broken_certificate_changes_nothing_and_a_good_one_is_taken() {
    let folder = tempfile::tempdir().unwrap();
    let settings = made(folder.path(), "server");
    let tls = Tls::load(&settings, Protocols::default()).unwrap();
    let first = shown(&tls);
    std::fs::write(&settings.certificate, "nothing").unwrap();
    tls.reload().unwrap_err();
    assert_eq!(shown(&tls), first);
    made(folder.path(), "server");
    assert!(tls.reload().unwrap());
    assert!(!tls.reload().unwrap());
    assert_ne!(shown(&tls), first);
}

#[test]
fn file_of_the_callers_authority_is_read_as_strictly() {
    let folder = tempfile::tempdir().unwrap();
    let good = made(folder.path(), "good");
    let with = |file: &Path| TlsSettings {
        client_ca: Some(file.to_owned()),
        ..good.clone()
    };
    assert!(refusal(&with(&good.key)).contains("good.key`: holds no certificate in PEM form"));
    assert!(
        refusal(&with(&folder.path().join("absent.pem"))).contains("absent.pem`: cannot be read")
    );
    let broken = folder.path().join("broken.pem");
    std::fs::write(
        &broken,
        "-----BEGIN CERTIFICATE-----\nAAAA\n-----END CERTIFICATE-----\n",
    )
    .unwrap();
    assert!(refusal(&with(&broken)).contains("broken.pem`: not usable"));
    let tls = Tls::load(&with(&good.certificate), Protocols::default()).unwrap();
    assert!(tls.asks_for_certificates());
    assert!(
        !Tls::load(&good, Protocols::default())
            .unwrap()
            .asks_for_certificates()
    );
}

#[test]
fn another_authority_of_the_callers_is_taken() {
    let folder = tempfile::tempdir().unwrap();
    let authority = made(folder.path(), "authority").certificate;
    let settings = TlsSettings {
        client_ca: Some(authority.clone()),
        ..made(folder.path(), "server")
    };
    let tls = Tls::load(&settings, Protocols::default()).unwrap();
    let before = tls.config();
    assert!(!tls.reload().unwrap());
    assert!(Arc::ptr_eq(&before, &tls.config()));
    std::fs::write(&authority, "").unwrap();
    tls.reload().unwrap_err();
    made(folder.path(), "authority");
    assert!(tls.reload().unwrap());
    assert!(!Arc::ptr_eq(&before, &tls.config()));
}
