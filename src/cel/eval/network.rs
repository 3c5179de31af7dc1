//! The network extension: IP addresses and networks.

use std::net::IpAddr;

use ipnet::IpNet;

use super::super::{EvalErrorKind, Value};
use super::{Function, Outcome};

pub(super) fn call<'a>(function: Function, arguments: &[Value<'a>]) -> Outcome<'a> {
    match arguments {
        [Value::String(text)] => of_text(function, text),
        [Value::Ip(address)] => of_address(function, *address),
        [Value::Cidr(network)] => of_network(function, *network),
        [Value::Cidr(network), other] => contains(function, network, other),
        _ => Err(EvalErrorKind::NoSuchOverload),
    }
}

/// IPv4 within IPv6 may not be written with dots, as the extension says; zones are no addresses.
fn address(text: &str) -> Option<IpAddr> {
    let mixed = text.contains(':') && text.contains('.');
    text.parse().ok().filter(|_| !mixed)
}

fn network(text: &str) -> Option<IpNet> {
    let (on, length) = text.split_once('/')?;
    let plain = length == "0" || !length.starts_with(['0', '+']);
    IpNet::new(address(on)?, length.parse().ok()?)
        .ok()
        .filter(|_| plain)
}

fn of_text<'a>(function: Function, text: &str) -> Outcome<'a> {
    match function {
        Function::IsIp => return Ok(Value::Bool(address(text).is_some())),
        Function::IsCidr => return Ok(Value::Bool(network(text).is_some())),
        Function::Cidr => {
            return network(text)
                .map(Value::Cidr)
                .ok_or(EvalErrorKind::BadConversion);
        }
        _ => {}
    }
    let address = address(text).ok_or(EvalErrorKind::BadConversion)?;
    match function {
        Function::Ip => Ok(Value::Ip(address)),
        Function::IsCanonical => Ok(Value::Bool(address.to_string() == text)),
        _ => Err(EvalErrorKind::NoSuchOverload),
    }
}

fn of_address<'a>(function: Function, address: IpAddr) -> Outcome<'a> {
    let address = address.to_canonical();
    let local = link_local(address);
    Ok(Value::Bool(match function {
        Function::Family => return Ok(Value::Int(if address.is_ipv4() { 4 } else { 6 })),
        Function::IsUnspecified => address.is_unspecified(),
        Function::IsLoopback => address.is_loopback(),
        Function::IsLinkLocalUnicast => local,
        Function::IsLinkLocalMulticast => link_local_multicast(address),
        Function::IsGlobalUnicast => {
            let broadcast = matches!(address, IpAddr::V4(v4) if v4.is_broadcast());
            let other = address.is_unspecified() || address.is_loopback() || address.is_multicast();
            !(other || broadcast || local)
        }
        _ => return Err(EvalErrorKind::NoSuchOverload),
    }))
}

fn link_local(address: IpAddr) -> bool {
    match address {
        IpAddr::V4(v4) => v4.is_link_local(),
        IpAddr::V6(v6) => v6.is_unicast_link_local(),
    }
}

fn link_local_multicast(address: IpAddr) -> bool {
    match address {
        IpAddr::V4(v4) => matches!(v4.octets(), [224, 0, 0, _]),
        IpAddr::V6(v6) => matches!(v6.octets(), [0xff, second, ..] if second & 0x0f == 2),
    }
}

fn of_network<'a>(function: Function, network: IpNet) -> Outcome<'a> {
    match function {
        Function::AddressOf => Ok(Value::Ip(network.addr())),
        Function::Masked => Ok(Value::Cidr(network.trunc())),
        Function::PrefixLength => Ok(Value::Int(i64::from(network.prefix_len()))),
        _ => Err(EvalErrorKind::NoSuchOverload),
    }
}

fn contains<'a>(function: Function, outer: &IpNet, other: &Value<'_>) -> Outcome<'a> {
    let inside = match (function, other) {
        (Function::ContainsIp, Value::Ip(address)) => outer.contains(&address.to_canonical()),
        (Function::ContainsIp, Value::String(text)) => {
            let address = address(text).ok_or(EvalErrorKind::BadConversion)?;
            outer.contains(&address.to_canonical())
        }
        (Function::ContainsCidr, Value::Cidr(inner)) => outer.contains(inner),
        (Function::ContainsCidr, Value::String(text)) => {
            let inner = network(text).ok_or(EvalErrorKind::BadConversion)?;
            outer.contains(&inner)
        }
        _ => return Err(EvalErrorKind::NoSuchOverload),
    };
    Ok(Value::Bool(inside))
}
