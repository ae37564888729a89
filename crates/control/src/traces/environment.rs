//! The standard's variables: where spans go, and what they say of this service.
//!
//! Source: opentelemetry.io/docs/specs/otel/protocol/exporter and …/configuration/sdk-environment-variables.

use std::time::Duration;

/// How long the collector may take when nothing is said; the standard's own default.
const TIMEOUT: Duration = Duration::from_secs(10);

/// Where spans go, and with which words.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Traces {
    /// The whole URL.
    pub endpoint: String,
    /// Headers to send, mostly a collector's key.
    pub headers: Vec<(String, String)>,
    /// How long the collector may take.
    pub timeout: Duration,
    /// What every span is of: `service.name` and what the user adds.
    pub resource: Vec<(String, String)>,
    /// How long the first span of a message waits for others; `None` for five seconds.
    pub gather: Option<Duration>,
}

/// A variable that makes no sense.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
#[error("{variable} {problem}; no traces are sent")]
pub struct BadTraces {
    variable: &'static str,
    problem: &'static str,
}

// === impl Traces ===

impl Traces {
    /// Reads the variables by `get`. `None` when no endpoint is named, or traces are switched off.
    ///
    /// # Errors
    /// [`BadTraces`] names the variable and what is wrong with it.
    pub fn from_environment(get: impl Fn(&str) -> Option<String>) -> Result<Option<Self>, BadTraces> {
        let text = |name: &str| get(name).map(|text| text.trim().to_owned()).filter(|text| !text.is_empty());
        let is = |name: &str, word: &str| text(name).is_some_and(|text| text.eq_ignore_ascii_case(word));
        if is("OTEL_SDK_DISABLED", "true") || is("OTEL_TRACES_EXPORTER", "none") {
            return Ok(None);
        }
        let own = text("OTEL_EXPORTER_OTLP_TRACES_ENDPOINT");
        let general = text("OTEL_EXPORTER_OTLP_ENDPOINT");
        let general = general.map(|base| format!("{}/v1/traces", base.trim_end_matches('/')));
        let Some(endpoint) = own.or(general) else { return Ok(None) };
        if !(endpoint.starts_with("http://") || endpoint.starts_with("https://")) {
            let problem = "is no http or https URL";
            return Err(BadTraces { variable: "OTEL_EXPORTER_OTLP_ENDPOINT", problem });
        }
        let protocol =
            text("OTEL_EXPORTER_OTLP_TRACES_PROTOCOL").or_else(|| text("OTEL_EXPORTER_OTLP_PROTOCOL"));
        if protocol.is_some_and(|protocol| protocol.eq_ignore_ascii_case("grpc")) {
            let problem =
                "asks for gRPC, and Turnpike speaks OTLP over HTTP (mostly port 4318): set http/json";
            return Err(BadTraces { variable: "OTEL_EXPORTER_OTLP_PROTOCOL", problem });
        }
        let headers =
            text("OTEL_EXPORTER_OTLP_TRACES_HEADERS").or_else(|| text("OTEL_EXPORTER_OTLP_HEADERS"));
        let timeout =
            text("OTEL_EXPORTER_OTLP_TRACES_TIMEOUT").or_else(|| text("OTEL_EXPORTER_OTLP_TIMEOUT"));
        let mut resource = pairs("OTEL_RESOURCE_ATTRIBUTES", text("OTEL_RESOURCE_ATTRIBUTES"))?;
        let named =
            resource.iter().position(|(name, _)| name == "service.name").map(|place| resource.remove(place));
        let service = text("OTEL_SERVICE_NAME").or(named.map(|(_, value)| value));
        resource.insert(0, ("service.name".to_owned(), service.unwrap_or_else(|| "turnpike".to_owned())));
        Ok(Some(Self {
            endpoint,
            headers: pairs("OTEL_EXPORTER_OTLP_HEADERS", headers)?,
            timeout: milliseconds("OTEL_EXPORTER_OTLP_TIMEOUT", timeout)?.unwrap_or(TIMEOUT),
            resource,
            gather: milliseconds("OTEL_BSP_SCHEDULE_DELAY", text("OTEL_BSP_SCHEDULE_DELAY"))?,
        }))
    }
}

fn milliseconds(variable: &'static str, text: Option<String>) -> Result<Option<Duration>, BadTraces> {
    let problem = "is no number of milliseconds";
    let parse =
        |text: String| text.parse().map(Duration::from_millis).map_err(|_| BadTraces { variable, problem });
    text.map(parse).transpose()
}

/// `key=value,key=value`, with percent signs for what would end a part.
fn pairs(variable: &'static str, text: Option<String>) -> Result<Vec<(String, String)>, BadTraces> {
    let bad = || BadTraces { variable, problem: "is no list of key=value, with commas between" };
    let text = text.unwrap_or_default();
    let parts = text.split(',').map(str::trim).filter(|part| !part.is_empty());
    let pair = |part: &str| {
        let (key, value) = part.split_once('=').ok_or_else(bad)?;
        Ok((decoded(key.trim()).ok_or_else(bad)?, decoded(value.trim()).ok_or_else(bad)?))
    };
    parts.map(pair).collect()
}

fn decoded(text: &str) -> Option<String> {
    let mut bytes = Vec::with_capacity(text.len());
    let mut rest = text.as_bytes();
    while let [first, after @ ..] = rest {
        if *first == b'%' {
            let (code, after) = after.split_at_checked(2)?;
            bytes.push(u8::from_str_radix(std::str::from_utf8(code).ok()?, 16).ok()?);
            rest = after;
        } else {
            bytes.push(*first);
            rest = after;
        }
    }
    String::from_utf8(bytes).ok()
}

#[cfg(test)]
mod tests {
    use super::*;

    fn read(variables: &[(&str, &str)]) -> Result<Option<Traces>, BadTraces> {
        let get = |name: &str| {
            variables.iter().find(|(known, _)| *known == name).map(|(_, text)| (*text).to_owned())
        };
        Traces::from_environment(get)
    }

    #[test]
    fn without_an_endpoint_or_switched_off_nothing_is_sent() {
        let base = ("OTEL_EXPORTER_OTLP_ENDPOINT", "http://c:4318");
        let rows: [&[(&str, &str)]; 4] = [
            &[],
            &[("OTEL_EXPORTER_OTLP_ENDPOINT", "")],
            &[base, ("OTEL_SDK_DISABLED", "TRUE")],
            &[base, ("OTEL_TRACES_EXPORTER", "none")],
        ];
        for variables in rows {
            assert_eq!(read(variables), Ok(None), "{variables:?}");
        }
    }

    #[test]
    fn the_endpoint_for_traces_is_taken_as_it_is() {
        let general = ("OTEL_EXPORTER_OTLP_ENDPOINT", "http://c:4318/base/");
        let own = ("OTEL_EXPORTER_OTLP_TRACES_ENDPOINT", "https://t/x");
        assert_eq!(read(&[general]).unwrap().unwrap().endpoint, "http://c:4318/base/v1/traces");
        assert_eq!(read(&[general, own]).unwrap().unwrap().endpoint, "https://t/x");
    }

    #[test]
    fn headers_resource_and_times_are_read() {
        let found = read(&[
            ("OTEL_EXPORTER_OTLP_ENDPOINT", "http://c:4318"),
            ("OTEL_EXPORTER_OTLP_HEADERS", "api-key=a%3Db%2C, x=1"),
            ("OTEL_RESOURCE_ATTRIBUTES", "host.name=desk,service.name=other"),
            ("OTEL_EXPORTER_OTLP_TIMEOUT", "2500"),
            ("OTEL_BSP_SCHEDULE_DELAY", "0"),
        ]);
        let pair = |key: &str, value: &str| (key.to_owned(), value.to_owned());
        let found = found.unwrap().unwrap();
        assert_eq!(found.headers, [pair("api-key", "a=b,"), pair("x", "1")]);
        assert_eq!(found.resource, [pair("service.name", "other"), pair("host.name", "desk")]);
        assert_eq!((found.timeout, found.gather), (Duration::from_millis(2_500), Some(Duration::ZERO)));
    }

    #[test]
    fn what_makes_no_sense_is_named() {
        let base = ("OTEL_EXPORTER_OTLP_ENDPOINT", "http://c:4318");
        let rows: [(&[(&str, &str)], &str); 5] = [
            (&[("OTEL_EXPORTER_OTLP_ENDPOINT", "c:4318")], "no http or https URL"),
            (&[base, ("OTEL_EXPORTER_OTLP_PROTOCOL", "grpc")], "speaks OTLP over HTTP"),
            (&[base, ("OTEL_EXPORTER_OTLP_HEADERS", "novalue")], "key=value"),
            (&[base, ("OTEL_RESOURCE_ATTRIBUTES", "a=%zz")], "key=value"),
            (&[base, ("OTEL_EXPORTER_OTLP_TIMEOUT", "soon")], "milliseconds"),
        ];
        for (variables, words) in rows {
            let error = read(variables).unwrap_err().to_string();
            assert!(error.contains(words), "{error}");
        }
    }
}
