//! The law, pure: routes, roles, tenants, identity headers.
