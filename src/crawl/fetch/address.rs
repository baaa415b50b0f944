//! Which addresses may be asked, and who knows them.

use std::fmt;
use std::io;
use std::net::{IpAddr, Ipv4Addr, Ipv6Addr, SocketAddr};
use std::sync::Arc;

use futures_util::future::BoxFuture;
use reqwest::dns::{Addrs, Name, Resolve, Resolving};
use url::Url;

use crate::config::{AddressRule, Proxy};

/// Knows the addresses of names.
pub trait Resolver: fmt::Debug + Send + Sync {
    /// All addresses of `name`.
    fn addresses(&self, name: &str) -> BoxFuture<'static, io::Result<Vec<IpAddr>>>;
}

/// What the operating system knows.
#[derive(Clone, Copy, Debug, Default)]
pub struct SystemResolver;

impl Resolver for SystemResolver {
    fn addresses(&self, name: &str) -> BoxFuture<'static, io::Result<Vec<IpAddr>>> {
        // The future outlives the call.
        let name = name.to_owned();
        Box::pin(async move { Ok(tokio::net::lookup_host((name.as_str(), 0)).await?.map(|a| a.ip()).collect()) })
    }
}

/// Which addresses a name may lead to; the client's resolver, so that the address that was judged is the one that is connected to.
#[derive(Clone, Debug)]
pub(super) struct Addresses {
    pub(super) allowed: Arc<[AddressRule]>,
    /// Names of proxies, which may be anywhere.
    pub(super) trusted: Arc<[String]>,
    /// The one port that the client connects to, where it is known: then rules with that port count.
    pub(super) port: Option<u16>,
    pub(super) resolver: Arc<dyn Resolver>,
}

/// Whether `address` is of the open internet, or a rule opens it.
pub(super) fn may_ask(allowed: &[AddressRule], address: IpAddr, port: Option<u16>) -> bool {
    is_public(address) || allowed.iter().any(|rule| rule.covers(address, port))
}

#[derive(Debug, thiserror::Error)]
#[error("{0} is private")]
pub(super) struct Refused(pub IpAddr);

#[derive(Debug, thiserror::Error)]
#[error("{0}")]
pub(super) struct Unknown(pub String);

impl Resolve for Addresses {
    fn resolve(&self, name: Name) -> Resolving {
        // The future outlives the call.
        let rules = self.clone();
        Box::pin(async move {
            let found = rules.resolver.addresses(name.as_str()).await.map_err(|e| Unknown(e.to_string()))?;
            let trusted = rules.trusted.iter().any(|proxy| proxy.eq_ignore_ascii_case(name.as_str()));
            let (open, closed): (Vec<IpAddr>, Vec<IpAddr>) =
                found.into_iter().partition(|ip| trusted || may_ask(&rules.allowed, *ip, rules.port));
            match (open.is_empty(), closed.first()) {
                (true, Some(private)) => Err(Refused(*private).into()),
                (true, None) => Err(Unknown("the name is known but leads nowhere".into()).into()),
                // The client puts the URL's port where there is none.
                (false, _) => Ok(Box::new(open.into_iter().map(|ip| SocketAddr::new(ip, 0))) as Addrs),
            }
        })
    }
}

/// Whether an address is one of the open internet. What is not surely so is not.
fn is_public(address: IpAddr) -> bool {
    match address.to_canonical() {
        IpAddr::V4(ip) => is_public_v4(ip),
        IpAddr::V6(ip) => is_public_v6(ip),
    }
}

fn is_public_v4(ip: Ipv4Addr) -> bool {
    let [a, b, c, _] = ip.octets();
    let special = ip.is_private() || ip.is_loopback() || ip.is_link_local() || ip.is_documentation() || ip.is_multicast();
    let shared = a == 100 && (64..128).contains(&b);
    let protocol = a == 192 && b == 0 && c == 0;
    let benchmark = a == 198 && (18..20).contains(&b);
    !(special || shared || protocol || benchmark || a == 0 || a >= 240)
}

fn is_public_v6(ip: Ipv6Addr) -> bool {
    let [a, b, c, d, e, f, g, h] = ip.segments();
    let v4 = |high: u16, low: u16| is_public_v4(Ipv4Addr::from((u32::from(high) << 16) | u32::from(low)));
    match (a, b) {
        // NAT64 and 6to4 carry an IPv4 address, which is where they lead.
        (0x64, 0xff9b) => (c, d, e, f) == (0, 0, 0, 0) && v4(g, h),
        (0x2002, _) => v4(b, c),
        // Teredo, ORCHID and benchmarks; documentation.
        (0x2001, 0..0x200) | (0x2001, 0xdb8) => false,
        (0x3fff, 0..0x1000) => false,
        // All that is handed out as global unicast.
        _ => a & 0xe000 == 0x2000,
    }
}

/// The names of the proxies in use, which the configuration has opened by naming them.
pub(super) fn proxy_names(proxy: &Proxy) -> Vec<String> {
    let urls: Vec<Url> = match proxy {
        Proxy::None => Vec::new(),
        Proxy::At(url) => vec![url.clone()],
        Proxy::Environment => ["HTTP_PROXY", "http_proxy", "HTTPS_PROXY", "https_proxy", "ALL_PROXY", "all_proxy"]
            .iter()
            .filter_map(|name| std::env::var(name).ok())
            .filter_map(|text| Url::parse(&if text.contains("://") { text } else { format!("http://{text}") }).ok())
            .collect(),
    };
    urls.iter().filter_map(|url| url.host_str().map(str::to_owned)).collect()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn private_addresses_in_every_dress() {
        for private in [
            "127.0.0.1",
            "127.9.9.9",
            "0.0.0.0",
            "10.1.2.3",
            "172.16.0.1",
            "172.31.255.255",
            "192.168.1.1",
            "169.254.169.254",
            "100.64.0.1",
            "100.127.255.255",
            "192.0.0.1",
            "192.0.2.1",
            "198.18.0.1",
            "198.51.100.1",
            "203.0.113.1",
            "224.0.0.1",
            "240.0.0.1",
            "255.255.255.255",
            "::",
            "::1",
            "::ffff:127.0.0.1",
            "::ffff:10.0.0.1",
            "::127.0.0.1",
            "fc00::1",
            "fd12:3456::1",
            "fe80::1",
            "fec0::1",
            "ff02::1",
            "2001:db8::1",
            "64:ff9b::7f00:1",
            "64:ff9b:1::1",
            "2002:7f00:1::",
            "2002:a00:1::1",
            "2001::1",
            "100::1",
            "3fff::1",
        ] {
            assert!(!is_public(private.parse().unwrap()), "{private}");
        }
        for public in [
            "1.1.1.1",
            "8.8.8.8",
            "172.32.0.1",
            "100.128.0.1",
            "100.63.0.1",
            "198.20.0.1",
            "223.255.255.255",
            "2606:4700::1111",
            "2001:200::1",
            "64:ff9b::808:808",
            "2002:808:808::1",
            "::ffff:8.8.8.8",
        ] {
            assert!(is_public(public.parse().unwrap()), "{public}");
        }
    }
}
