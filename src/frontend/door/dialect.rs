//! How proxies ask over HTTP: one row for each.

/// Whose way of asking is spoken.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Dialect {
    /// nginx `auth_request`, and ingress-nginx.
    Nginx,
    /// Traefik `ForwardAuth`.
    Traefik,
    /// Caddy `forward_auth`.
    Caddy,
    /// HAProxy with the Lua file that `sidegate gen haproxy` prints.
    Haproxy,
    /// Envoy `ext_authz` over HTTP.
    EnvoyHttp,
}

/// Where a question says what was asked for.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(in crate::frontend) enum Telling {
    /// `X-Original-Method` and `X-Original-URL`, which has scheme, host and target.
    OriginalUrl,
    /// `X-Forwarded-Method`, `-Proto`, `-Host` and `-Uri`.
    Forwarded,
    /// The question has the method, the host and the target of what was asked for; the scheme is in
    /// `X-Forwarded-Proto`.
    Itself,
}

/// Which statuses of a refusal reach the caller.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(in crate::frontend) enum Statuses {
    /// Every one.
    All,
    /// 401 and 403. Any other fails the request in the proxy, so it is sent as 403 with `X-Sidegate-Status`.
    Two,
    /// Those below 500. From there on the proxy takes the gate for broken, and may let the request pass.
    BelowFiveHundred,
}

impl Dialect {
    pub(super) const ALL: [(&'static str, Self); 5] = [
        ("nginx", Self::Nginx),
        ("traefik", Self::Traefik),
        ("caddy", Self::Caddy),
        ("haproxy", Self::Haproxy),
        ("envoy_http", Self::EnvoyHttp),
    ];

    /// The word that stands for it in files and logs.
    pub fn name(self) -> &'static str {
        match self {
            Self::Nginx => "nginx",
            Self::Traefik => "traefik",
            Self::Caddy => "caddy",
            Self::Haproxy => "haproxy",
            Self::EnvoyHttp => "envoy_http",
        }
    }

    pub(in crate::frontend) fn telling(self) -> Telling {
        match self {
            Self::Nginx | Self::Haproxy => Telling::OriginalUrl,
            Self::Traefik | Self::Caddy => Telling::Forwarded,
            Self::EnvoyHttp => Telling::Itself,
        }
    }

    pub(in crate::frontend) fn statuses(self) -> Statuses {
        match self {
            Self::Nginx => Statuses::Two,
            Self::EnvoyHttp => Statuses::BelowFiveHundred,
            Self::Traefik | Self::Caddy | Self::Haproxy => Statuses::All,
        }
    }

    /// Whether it can be made to send bodies with its questions.
    pub(super) fn can_send_bodies(self) -> bool {
        matches!(self, Self::Traefik | Self::EnvoyHttp)
    }

    /// Whether it sends on the target that an answer names. Caddy could be told, and takes the escapes out of it.
    pub(super) fn sends_target(self) -> bool {
        matches!(self, Self::Nginx | Self::Haproxy)
    }

    /// Whether it takes out only fields whose names it was set up with.
    pub(in crate::frontend) fn removes_by_list(self) -> bool {
        matches!(self, Self::Nginx)
    }

    /// Whether it is told in each answer what to take out.
    pub(in crate::frontend) fn is_told_what_to_remove(self) -> bool {
        matches!(self, Self::EnvoyHttp)
    }
}
