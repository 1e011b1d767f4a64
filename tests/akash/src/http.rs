//! Requests and responses, without a network.

use std::collections::BTreeMap;

/// One HTTP request.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Request {
    /// `GET`, `POST` or `PUT`.
    pub method: String,
    /// Full address.
    pub url: String,
    /// Names and values; names in any case.
    pub headers: Vec<(String, String)>,
    /// Empty when there is none.
    pub body: Vec<u8>,
}

/// One HTTP response.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Response {
    /// Status code.
    pub status: u16,
    /// Names and values.
    pub headers: Vec<(String, String)>,
    /// Empty when there is none.
    pub body: Vec<u8>,
}

impl Request {
    /// A `GET` without headers.
    pub fn get(url: impl Into<String>) -> Request {
        Request {
            method: "GET".into(),
            url: url.into(),
            ..Request::default()
        }
    }

    /// A header's value, whatever the case of its name.
    pub fn header(&self, name: &str) -> Option<&str> {
        let found = self
            .headers
            .iter()
            .find(|(n, _)| n.eq_ignore_ascii_case(name));
        found.map(|(_, value)| value.as_str())
    }
}

impl Response {
    /// A JSON answer.
    pub fn json(status: u16, value: &serde_json::Value) -> Response {
        let body = value.to_string().into_bytes();
        Response {
            status,
            ..Response::raw_json(body)
        }
    }

    /// A JSON answer that is written already, with status 200.
    pub(crate) fn raw_json(body: Vec<u8>) -> Response {
        let headers = vec![("content-type".into(), "application/json".into())];
        Response {
            status: 200,
            headers,
            body,
        }
    }

    /// A text answer.
    pub fn text(status: u16, text: &str) -> Response {
        let headers = vec![("content-type".into(), "text/plain; charset=utf-8".into())];
        Response {
            status,
            headers,
            body: text.as_bytes().to_vec(),
        }
    }

    /// The body as JSON; null when it is something else.
    pub fn value(&self) -> serde_json::Value {
        serde_json::from_slice(&self.body).unwrap_or_default()
    }
}

/// The parts of an address.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) struct Url {
    pub(crate) host: String,
    pub(crate) port: u16,
    /// Without the leading slash, split at slashes, decoded.
    pub(crate) path: Vec<String>,
    /// Decoded; the last of equal names wins.
    pub(crate) query: BTreeMap<String, String>,
}

impl Url {
    /// Takes an `https` address apart.
    pub(crate) fn parse(url: &str) -> Option<Url> {
        let rest = url.strip_prefix("https://")?;
        let (authority, tail) = rest
            .find(['/', '?'])
            .map_or((rest, ""), |i| rest.split_at(i));
        let (host, port) = match authority.split_once(':') {
            Some((host, port)) => (host, port.parse().ok()?),
            None => (authority, 443),
        };
        let (path, query) = tail.split_once('?').unwrap_or((tail, ""));
        let pairs = query.split('&').filter(|p| !p.is_empty());
        let query = pairs.map(|p| p.split_once('=').unwrap_or((p, "")));
        Some(Url {
            host: host.to_owned(),
            port,
            path: path
                .trim_start_matches('/')
                .split('/')
                .map(|s| decode(s, false))
                .collect(),
            query: query
                .map(|(k, v)| (decode(k, true), decode(v, true)))
                .collect(),
        })
    }

    /// The path's segments.
    pub(crate) fn segments(&self) -> Vec<&str> {
        self.path.iter().map(String::as_str).collect()
    }

    /// A query parameter; empty when absent.
    pub(crate) fn get(&self, name: &str) -> &str {
        self.query.get(name).map_or("", String::as_str)
    }
}

fn decode(text: &str, plus_is_space: bool) -> String {
    let mut out = Vec::new();
    let mut bytes = text.bytes();
    while let Some(byte) = bytes.next() {
        match byte {
            b'%' => {
                let pair: Vec<u8> = bytes.by_ref().take(2).collect();
                let value = hex::decode(&pair).unwrap_or_default();
                out.extend(value);
            }
            b'+' if plus_is_space => out.push(b' '),
            _ => out.push(byte),
        }
    }
    String::from_utf8_lossy(&out).into_owned()
}

/// Seconds and nanoseconds as RFC 3339 in UTC, with as many places as are needed.
pub(crate) fn rfc3339(ns: u64) -> String {
    let (days, rest) = (ns / 86_400_000_000_000, ns % 86_400_000_000_000);
    let (seconds, nanos) = (rest / 1_000_000_000, rest % 1_000_000_000);
    // Civil date from days, after Howard Hinnant.
    let z = days + 719_468;
    let era = z / 146_097;
    let doe = z % 146_097;
    let yoe = (doe - doe / 1_460 + doe / 36_524 - doe / 146_096) / 365;
    let doy = doe - (365 * yoe + yoe / 4 - yoe / 100);
    let mp = (5 * doy + 2) / 153;
    let day = doy - (153 * mp + 2) / 5 + 1;
    let month = if mp < 10 { mp + 3 } else { mp - 9 };
    let year = yoe + era * 400 + u64::from(month <= 2);
    let (hour, minute, second) = (seconds / 3_600, seconds / 60 % 60, seconds % 60);
    let fraction = if nanos == 0 {
        String::new()
    } else {
        format!(".{nanos:09}").trim_end_matches('0').to_owned()
    };
    format!("{year:04}-{month:02}-{day:02}T{hour:02}:{minute:02}:{second:02}{fraction}Z")
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn should_take_addresses_apart() {
        let url = Url::parse("https://a.b:8443/x/y%20z?filters.owner=o&p=a%2Bb+c").expect("valid");
        assert_eq!((url.host.as_str(), url.port), ("a.b", 8443));
        assert_eq!(url.segments(), ["x", "y z"]);
        assert_eq!(
            (url.get("filters.owner"), url.get("p"), url.get("q")),
            ("o", "a+b c", "")
        );
        assert_eq!(Url::parse("http://a.b/"), None);
    }

    #[test]
    fn should_write_times() {
        let rows = [
            (0, "1970-01-01T00:00:00Z"),
            (1_795_543_392_000_000_000, "2026-11-24T18:03:12Z"),
            (951_782_400_123_000_000, "2000-02-29T00:00:00.123Z"),
            (1_000_000_001, "1970-01-01T00:00:01.000000001Z"),
        ];
        for (ns, expected) in rows {
            assert_eq!(rfc3339(ns), expected);
        }
    }
}
