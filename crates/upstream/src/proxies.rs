//! Which proxy stands before a destination, as the usual variables say.

use std::env;

use http::Uri;
use http::header::HeaderValue;
use http::uri::Scheme;
use hyper_util::client::proxy::matcher::{Intercept, Matcher};

const HTTPS: [&str; 2] = ["HTTPS_PROXY", "https_proxy"];
const HTTP: [&str; 2] = ["HTTP_PROXY", "http_proxy"];
const ALL: [&str; 2] = ["ALL_PROXY", "all_proxy"];
const EXCEPTED: [&str; 2] = ["NO_PROXY", "no_proxy"];
/// A proxy that stands for any, where it is only asked whether a destination has one.
const ANY: &str = "http://proxy.invalid";

/// What the variables said when they were read.
#[derive(Debug)]
pub(crate) struct Proxies {
    usable: Matcher,
    /// Every destination that a variable names something for, usable or not.
    meant: Matcher,
}

/// The way to a destination.
#[derive(Debug)]
pub(crate) enum Route {
    /// No proxy is meant.
    Direct,
    /// Through this one.
    Through(Intercept),
    /// A proxy is meant, and cannot be used: going past it is not what was asked for.
    Unusable,
}

// === impl Proxies ===

impl Proxies {
    /// `HTTPS_PROXY`, `HTTP_PROXY`, `ALL_PROXY` and `NO_PROXY`, in capitals or not.
    pub(crate) fn of_the_environment() -> Self {
        let [http, https, all, no] = [HTTP, HTTPS, ALL, EXCEPTED].map(|names| first(&names));
        let any = |one: &str| if one.is_empty() && all.is_empty() { String::new() } else { ANY.to_owned() };
        let (http, https) = (usual(&http), usual(&https));
        let meant = Matcher::builder().http(any(&http)).https(any(&https)).no(no.clone()).build();
        let usable = Matcher::builder().http(http).https(https).all(usual(&all)).no(no).build();
        Self { usable, meant }
    }

    pub(crate) fn route(&self, to: &Uri) -> Route {
        match (self.usable.intercept(to), self.meant.intercept(to)) {
            (Some(proxy), _) => Route::Through(proxy),
            (None, Some(_)) => Route::Unusable,
            (None, None) => Route::Direct,
        }
    }

    /// What a request in clear text shows to the proxy that passes it on.
    pub(crate) fn authorization(&self, to: &Uri) -> Option<HeaderValue> {
        if to.scheme() != Some(&Scheme::HTTP) {
            return None;
        }
        self.usable.intercept(to)?.basic_auth().cloned()
    }
}

fn first(names: &[&str]) -> String {
    names.iter().find_map(|name| env::var(name).ok()).unwrap_or_default().trim().to_owned()
}

/// Desktops write `socks://` where they mean version 5.
fn usual(proxy: &str) -> String {
    proxy.strip_prefix("socks://").map_or_else(|| proxy.to_owned(), |rest| format!("socks5h://{rest}"))
}
