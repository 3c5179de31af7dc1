//! Every function there is, and those of the specification's extensions that are left out.

use std::sync::LazyLock;

use super::super::Type::{
    self, Bool, Bytes, Cidr, Double, Duration, Dyn, Int, Ip, List, Map, String, Timestamp, Uint,
};
use super::super::eval::{Function, Part};
use super::overloads::Overload;

static OVERLOADS: LazyLock<Vec<Overload>> = LazyLock::new(|| {
    let mut table = Table(Vec::new());
    table.sizes_and_texts();
    table.conversions();
    table.string_extension();
    table.times();
    table.network_extension();
    table.0
});

/// Every overload, those of one name together.
pub(super) fn overloads() -> &'static [Overload] {
    &OVERLOADS
}

/// Functions of the specification and of its extensions that are known, but not there.
pub(super) fn is_left_out(name: &str) -> bool {
    const SPACES: [&str; 8] = [
        "math.",
        "base64.",
        "optional.",
        "sets.",
        "lists.",
        "proto.",
        "regex.",
        "cel.",
    ];
    const NAMES: [&str; 14] = [
        "format",
        "or",
        "orValue",
        "value",
        "hasValue",
        "optMap",
        "optFlatMap",
        "sort",
        "sortBy",
        "flatten",
        "slice",
        "distinct",
        "first",
        "last",
    ];
    SPACES.iter().any(|space| name.starts_with(space)) || NAMES.contains(&name)
}

struct Table(Vec<Overload>);

impl Table {
    fn add(
        &mut self,
        name: &'static str,
        method: bool,
        function: Function,
        takes: &[Type],
        result: Type,
    ) {
        self.0.push(Overload {
            name,
            method,
            takes: takes.to_vec(),
            result,
            function,
        });
    }

    /// A function of one argument, by the types it takes.
    fn convert(&mut self, name: &'static str, function: Function, takes: &[Type], result: &Type) {
        for one in takes {
            self.add(
                name,
                false,
                function,
                std::slice::from_ref(one),
                result.clone(),
            );
        }
    }

    fn method(&mut self, name: &'static str, function: Function, takes: &[Type], result: Type) {
        self.add(name, true, function, takes, result);
    }

    fn sizes_and_texts(&mut self) {
        let map = Map(Box::new(Dyn), Box::new(Dyn));
        for one in [String, Bytes, Type::list(Dyn), map] {
            self.add(
                "size",
                false,
                Function::Size,
                std::slice::from_ref(&one),
                Int,
            );
            self.add("size", true, Function::Size, &[one], Int);
        }
        for (name, function) in [
            ("contains", Function::Contains),
            ("startsWith", Function::StartsWith),
            ("endsWith", Function::EndsWith),
            ("matches", Function::Matches),
        ] {
            self.method(name, function, &[String, String], Bool);
        }
        self.add("matches", false, Function::Matches, &[String, String], Bool);
    }

    fn conversions(&mut self) {
        let any = [
            Bool, Int, Uint, Double, String, Bytes, Timestamp, Duration, Ip, Cidr,
        ];
        self.convert(
            "int",
            Function::Int,
            &[Int, Uint, Double, String, Timestamp],
            &Int,
        );
        self.convert("uint", Function::Uint, &[Uint, Int, Double, String], &Uint);
        self.convert(
            "double",
            Function::Double,
            &[Double, Int, Uint, String],
            &Double,
        );
        self.convert("string", Function::String, &any, &String);
        self.convert("bytes", Function::Bytes, &[Bytes, String], &Bytes);
        self.convert("bool", Function::Bool, &[Bool, String], &Bool);
        self.convert(
            "timestamp",
            Function::Timestamp,
            &[Timestamp, String, Int],
            &Timestamp,
        );
        self.convert(
            "duration",
            Function::Duration,
            &[Duration, String],
            &Duration,
        );
        self.convert("dyn", Function::Dyn, &[Dyn], &Dyn);
        self.convert("type", Function::Type, &[Dyn], &Type::Type);
    }

    fn string_extension(&mut self) {
        let texts = || List(Box::new(String));
        self.method("charAt", Function::CharAt, &[String, Int], String);
        self.method("indexOf", Function::IndexOf, &[String, String], Int);
        self.method("indexOf", Function::IndexOf, &[String, String, Int], Int);
        self.method("lastIndexOf", Function::LastIndexOf, &[String, String], Int);
        self.method(
            "lastIndexOf",
            Function::LastIndexOf,
            &[String, String, Int],
            Int,
        );
        self.method("lowerAscii", Function::LowerAscii, &[String], String);
        self.method("upperAscii", Function::UpperAscii, &[String], String);
        self.method(
            "replace",
            Function::Replace,
            &[String, String, String],
            String,
        );
        self.method(
            "replace",
            Function::Replace,
            &[String, String, String, Int],
            String,
        );
        self.method("split", Function::Split, &[String, String], texts());
        self.method("split", Function::Split, &[String, String, Int], texts());
        self.method("join", Function::Join, &[texts()], String);
        self.method("join", Function::Join, &[texts(), String], String);
        self.method("substring", Function::Substring, &[String, Int], String);
        self.method(
            "substring",
            Function::Substring,
            &[String, Int, Int],
            String,
        );
        self.method("trim", Function::Trim, &[String], String);
        self.method("reverse", Function::Reverse, &[String], String);
        self.add("strings.quote", false, Function::Quote, &[String], String);
    }

    fn times(&mut self) {
        for (name, part, of_durations) in [
            ("getFullYear", Part::FullYear, false),
            ("getMonth", Part::Month, false),
            ("getDayOfYear", Part::DayOfYear, false),
            ("getDayOfMonth", Part::DayOfMonth, false),
            ("getDate", Part::Date, false),
            ("getDayOfWeek", Part::DayOfWeek, false),
            ("getHours", Part::Hours, true),
            ("getMinutes", Part::Minutes, true),
            ("getSeconds", Part::Seconds, true),
            ("getMilliseconds", Part::Milliseconds, true),
        ] {
            let function = Function::Part(part);
            self.method(name, function, &[Timestamp], Int);
            self.method(name, function, &[Timestamp, String], Int);
            if of_durations {
                self.method(name, function, &[Duration], Int);
            }
        }
    }

    fn network_extension(&mut self) {
        self.convert("ip", Function::Ip, &[String], &Ip);
        self.convert("cidr", Function::Cidr, &[String], &Cidr);
        self.convert("isIP", Function::IsIp, &[String], &Bool);
        self.convert("isCIDR", Function::IsCidr, &[String], &Bool);
        self.convert("ip.isCanonical", Function::IsCanonical, &[String], &Bool);
        for (name, function) in [
            ("isUnspecified", Function::IsUnspecified),
            ("isLoopback", Function::IsLoopback),
            ("isGlobalUnicast", Function::IsGlobalUnicast),
            ("isLinkLocalMulticast", Function::IsLinkLocalMulticast),
            ("isLinkLocalUnicast", Function::IsLinkLocalUnicast),
        ] {
            self.method(name, function, &[Ip], Bool);
        }
        self.method("family", Function::Family, &[Ip], Int);
        self.method("containsIP", Function::ContainsIp, &[Cidr, Ip], Bool);
        self.method("containsIP", Function::ContainsIp, &[Cidr, String], Bool);
        self.method("containsCIDR", Function::ContainsCidr, &[Cidr, Cidr], Bool);
        self.method(
            "containsCIDR",
            Function::ContainsCidr,
            &[Cidr, String],
            Bool,
        );
        self.method("ip", Function::AddressOf, &[Cidr], Ip);
        self.method("masked", Function::Masked, &[Cidr], Cidr);
        self.method("prefixLength", Function::PrefixLength, &[Cidr], Int);
    }
}
