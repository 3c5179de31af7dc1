//! Where the requests of a region name what must be a caller's own.

use super::super::binding::Binding;
use super::super::host::HostPattern;
use super::super::pattern::Segment;
use super::super::route::Route;
use super::space::Region;

/// The part of a region's requests that names a tenant or a source; nothing when there is none.
pub(super) fn where_named(
    way: &Region,
    route: &Route,
    binding: &Binding,
    value: &str,
) -> Option<Region> {
    let mut region = way.clone();
    match binding {
        Binding::Capture(name) => {
            let (_, at) = route.captures.iter().find(|(known, _)| known == name)?;
            *region.path.segments.get_mut(*at)? = Segment::Literal(value.into());
        }
        Binding::HostLabel(label) => region.hosts = labelled(&region.hosts, *label, value)?,
        Binding::Header(..) | Binding::Constant { .. } => {}
    }
    Some(region)
}

/// The most general host of a pattern with this label at this position; nothing when there is none.
fn labelled(hosts: &HostPattern, label: usize, tenant: &str) -> Option<HostPattern> {
    let name = match hosts {
        HostPattern::Exact(name) => return Some(HostPattern::Exact(name.clone())),
        HostPattern::Any => "any.example",
        HostPattern::Below(name) => name,
    };
    let mut labels: Vec<String> = (0..label).map(|at| format!("sub{at}")).collect();
    labels.push(tenant.to_owned());
    // A label between, so that the tenant makes up no other name that the policy knows.
    let general = format!("{}.any.{name}", labels.join("."));
    let host = crate::model::Host::parse(&general).ok()?;
    (host.name() == general).then(|| HostPattern::Exact(general.into()))
}
