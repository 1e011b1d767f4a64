//! Requests to a provider's gateway, and what its answers mean.
//!
//! **Source** provider, `gateway/rest`; the meaning of refusals also of versions that answered
//! every refusal with status 500.

use crate::kernel::port::{HttpMethod, HttpRequest, HttpResponse};
use serde::Deserialize;
use std::collections::BTreeMap;

/// An address, with headers. **Units** bytes.
const MAX_ADDRESS: u64 = 2_048;

/// Nothing, or a reason. **Units** bytes.
const MAX_MANIFEST_REPLY: u64 = 4_096;

/// Status of up to 20 services with their addresses and ports. **Units** bytes.
const MAX_STATUS: u64 = 32_768;

/// Longest host name. **Units** bytes. **Source** RFC 1035.
const MAX_HOST_BYTES: usize = 253;

/// Most characters of a provider's words that are kept.
const MAX_WORDS: usize = 200;

/// Why an answer says nothing.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
pub enum GatewayError {
    /// Not a success.
    #[error("expected status 200, got {status}: {words}")]
    Status {
        /// HTTP status.
        status: u16,
        /// Beginning of the body, for people.
        words: String,
    },
    /// A body of another shape.
    #[error("expected {expected}, got {got}")]
    Shape {
        /// What was asked for.
        expected: &'static str,
        /// What is wrong.
        got: String,
    },
}

/// What became of a manifest.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum ManifestReply {
    /// The provider checked it against the chain and deploys it.
    Accepted,
    /// Not now: its node may not have seen the lease yet, or something broke.
    Retry {
        /// Its words.
        why: String,
    },
    /// Not ever, as it stands.
    Refused {
        /// Its words.
        why: String,
    },
}

/// How the services of one lease are.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct LeaseStatus {
    /// Sorted by name.
    pub services: Vec<ServiceStatus>,
    /// `host:port (service port)` of forwarded ports and leased addresses, sorted.
    pub ports: Vec<String>,
}

/// How one service is.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct ServiceStatus {
    /// Its name in the SDL.
    pub name: String,
    /// Replicas that answer.
    pub available: u64,
    /// Replicas that should.
    pub total: u64,
    /// Host names under which it answers.
    pub uris: Vec<String>,
}

impl LeaseStatus {
    /// Whether every service is there with all its replicas.
    #[must_use]
    pub fn ready(&self) -> bool {
        !self.services.is_empty() && self.services.iter().all(|s| s.available >= s.total)
    }
}

/// Where a provider's gateway is, without a slash at the end.
///
/// The address stands on the chain as the provider wrote it and comes from an endpoint: only
/// `https://`, a host name and a port pass. Anything else becomes a name that never resolves
/// (RFC 2606), so that the outcall fails and no token goes anywhere.
fn base(host_uri: &str) -> &str {
    const NOWHERE: &str = "https://provider.invalid";
    let trimmed = host_uri.strip_suffix('/').unwrap_or(host_uri);
    let is_host = |host: &str| {
        (1..=MAX_HOST_BYTES).contains(&host.len())
            && host
                .bytes()
                .all(|b| b.is_ascii_alphanumeric() || b == b'.' || b == b'-')
    };
    let is_usable = trimmed.strip_prefix("https://").is_some_and(|rest| {
        let (host, port) = rest.split_once(':').unwrap_or((rest, "443"));
        let digits = port.bytes().all(|b| b.is_ascii_digit());
        is_host(host) && digits && port.parse::<u16>().is_ok()
    });
    if is_usable { trimmed } else { NOWHERE }
}

/// Asks a provider who it is. Open to all, so it also tells whether its certificate is trusted.
#[must_use]
pub fn address_request(host_uri: &str) -> HttpRequest {
    request(
        format!("{}/address", base(host_uri)),
        HttpMethod::Get,
        None,
        MAX_ADDRESS,
    )
}

/// Its account.
pub fn address_reply(response: &HttpResponse) -> Result<String, GatewayError> {
    #[derive(Deserialize)]
    struct Body {
        address: String,
    }
    body::<Body>("an address", response).map(|body| body.address)
}

/// Hands in a manifest. Repeating it does no harm.
#[must_use]
pub fn manifest_request(host_uri: &str, dseq: u64, token: &str, json: &str) -> HttpRequest {
    let url = format!("{}/deployment/{dseq}/manifest", base(host_uri));
    let mut request = request(url, HttpMethod::Put, Some(token), MAX_MANIFEST_REPLY);
    request
        .headers
        .push(("content-type".into(), "application/json".into()));
    request.body = json.as_bytes().to_vec();
    request
}

/// What became of it.
#[must_use]
pub fn manifest_reply(response: &HttpResponse) -> ManifestReply {
    let text = words(&response.body);
    let why = format!("status {}: {text}", response.status);
    let says = |part: &str| text.contains(part);
    match response.status {
        200 => ManifestReply::Accepted,
        // Its node has not seen the lease, or an old hash is cached there.
        404 => ManifestReply::Retry { why },
        422 if says("manifest version validation failed") => ManifestReply::Retry { why },
        // A clock may differ, a token may have run out on the way.
        400 | 401 => ManifestReply::Retry { why },
        422 => ManifestReply::Refused { why },
        // Old versions answer 500 to everything: only these will not mend themselves.
        500 if says("hostname not allowed")
            || says("invalid manifest")
            || says("manifest cross-validation error")
            || says("manifest rejected")
            || says("unknown deployment group") =>
        {
            ManifestReply::Refused { why }
        }
        _ => ManifestReply::Retry { why },
    }
}

/// Asks how the services of a lease are.
#[must_use]
pub fn status_request(host_uri: &str, dseq: u64, gseq: u32, oseq: u32, token: &str) -> HttpRequest {
    let url = format!("{}/lease/{dseq}/{gseq}/{oseq}/status", base(host_uri));
    request(url, HttpMethod::Get, Some(token), MAX_STATUS)
}

/// How they are.
pub fn status_reply(response: &HttpResponse) -> Result<LeaseStatus, GatewayError> {
    #[derive(Deserialize)]
    struct Body {
        services: BTreeMap<String, Service>,
        forwarded_ports: Option<BTreeMap<String, Vec<Port>>>,
        ips: Option<BTreeMap<String, Vec<Ip>>>,
    }
    #[derive(Deserialize)]
    struct Service {
        available: u64,
        total: u64,
        uris: Option<Vec<String>>,
    }
    #[derive(Deserialize)]
    struct Port {
        #[serde(default)]
        host: String,
        port: u32,
        #[serde(rename = "externalPort")]
        external: u32,
    }
    #[derive(Deserialize)]
    struct Ip {
        #[serde(rename = "IP")]
        ip: String,
        #[serde(rename = "Port")]
        port: u32,
        #[serde(rename = "ExternalPort")]
        external: u32,
    }
    let found: Body = body("a lease's status", response)?;
    let forwarded = found.forwarded_ports.unwrap_or_default();
    let ips = found.ips.unwrap_or_default();
    let mut ports: Vec<String> = forwarded
        .iter()
        .flat_map(|(service, ports)| ports.iter().map(move |p| (service, p)))
        .map(|(service, p)| format!("{}:{} ({service} {})", p.host, p.external, p.port))
        .chain(
            ips.iter()
                .flat_map(|(service, ips)| ips.iter().map(move |ip| (service, ip)))
                .map(|(service, p)| format!("{}:{} ({service} {})", p.ip, p.external, p.port)),
        )
        .collect();
    ports.sort();
    Ok(LeaseStatus {
        services: found
            .services
            .into_iter()
            .map(|(name, service)| ServiceStatus {
                name,
                available: service.available,
                total: service.total,
                uris: service.uris.unwrap_or_default(),
            })
            .collect(),
        ports,
    })
}

fn request(
    url: String,
    method: HttpMethod,
    token: Option<&str>,
    max_response_bytes: u64,
) -> HttpRequest {
    HttpRequest {
        url,
        method,
        // A malformed header fails even on open routes: send none where none is needed.
        headers: token
            .map(|token| ("authorization".into(), format!("Bearer {token}")))
            .into_iter()
            .collect(),
        body: vec![],
        max_response_bytes,
    }
}

fn body<T: serde::de::DeserializeOwned>(
    expected: &'static str,
    response: &HttpResponse,
) -> Result<T, GatewayError> {
    if response.status != 200 {
        return Err(GatewayError::Status {
            status: response.status,
            words: words(&response.body),
        });
    }
    serde_json::from_slice(&response.body).map_err(|why| GatewayError::Shape {
        expected,
        got: words(why.to_string().as_bytes()),
    })
}

fn words(body: &[u8]) -> String {
    let head = body.get(..4 * MAX_WORDS).unwrap_or(body);
    String::from_utf8_lossy(head)
        .chars()
        .filter(|c| !c.is_control())
        .take(MAX_WORDS)
        .collect()
}

#[cfg(test)]
mod tests {
    use super::*;
    use proptest::prelude::*;

    fn answer(status: u16, body: &str) -> HttpResponse {
        HttpResponse {
            status,
            body: body.as_bytes().to_vec(),
        }
    }

    #[test]
    fn should_tell_a_passing_refusal_from_a_final_one() {
        type Expected = fn(&ManifestReply) -> bool;
        let accepted: Expected = |r| *r == ManifestReply::Accepted;
        let retry: Expected = |r| matches!(r, ManifestReply::Retry { .. });
        let refused: Expected = |r| matches!(r, ManifestReply::Refused { .. });
        for (status, body, expected) in [
            (200, "", accepted),
            (400, r#"{"message":"JWT has invalid claims"}"#, retry),
            (401, r#"{"message":"unauthorized access"}"#, retry),
            (404, "no lease for deployment\n", retry),
            (422, "manifest version validation failed\n", retry),
            (422, "invalid manifest: zero global services\n", refused),
            (422, "manifest cross-validation error: x\n", refused),
            (422, "manifest rejected: y\n", refused),
            (500, "manifest version validation failed\n", retry),
            (500, "invalid manifest: group count mismatch\n", refused),
            (500, "hostname not allowed: host \"x\" in use\n", refused),
            (500, "unknown deployment group: west\n", refused),
            (500, "no lease for deployment\n", retry),
            (429, "", retry),
            (500, "context deadline exceeded\n", retry),
            (503, "", retry),
        ] {
            let reply = manifest_reply(&answer(status, body));
            assert!(expected(&reply), "{status} {body}: {reply:?}");
        }
    }

    #[test]
    fn should_read_a_status() {
        let body = r#"{"services":{"web":{"name":"web","available":1,"total":2,"uris":["a.b"],"observed_generation":1,"replicas":2,"updated_replicas":2,"ready_replicas":1,"available_replicas":1},"db":{"name":"db","available":1,"total":1,"uris":null}},"forwarded_ports":{"db":[{"host":"p.example.org","port":5432,"externalPort":31000,"proto":"TCP","name":"db"}]},"ips":{"web":[{"Port":80,"ExternalPort":80,"Protocol":"TCP","IP":"203.0.113.7"}]}}"#;
        let status = status_reply(&answer(200, body)).expect("a status");
        assert!(!status.ready());
        assert_eq!(status.services[1].uris, ["a.b"]);
        assert_eq!(
            status.ports,
            ["203.0.113.7:80 (web 80)", "p.example.org:31000 (db 5432)"]
        );
        let ready = body.replace(r#""available":1,"total":2"#, r#""available":2,"total":2"#);
        assert!(
            status_reply(&answer(200, &ready))
                .expect("a status")
                .ready()
        );
        let none = status_reply(&answer(200, r#"{"services":{}}"#)).expect("a status");
        assert!(!none.ready(), "nothing runs");
        assert!(status_reply(&answer(404, "")).is_err());
    }

    #[test]
    fn should_send_a_token_only_where_one_is_needed() {
        assert!(address_request("https://p:8443").headers.is_empty());
        let put = manifest_request("https://p:8443", 7, "t", "[]");
        assert_eq!(put.url, "https://p:8443/deployment/7/manifest");
        assert_eq!(
            put.headers[0],
            ("authorization".to_string(), "Bearer t".to_string())
        );
        assert_eq!(
            (put.method, put.body.as_slice()),
            (HttpMethod::Put, &b"[]"[..])
        );
        let status = status_request("https://p:8443", 7, 1, 2, "t");
        assert_eq!(status.url, "https://p:8443/lease/7/1/2/status");
    }

    #[test]
    fn should_send_a_token_only_to_a_host() {
        let url = |uri: &str| status_request(uri, 7, 1, 2, "t").url;
        let longest = "a".repeat(MAX_HOST_BYTES);
        for uri in [
            "https://p.example.org:8443",
            "https://p-1.example.org",
            "https://192.0.2.1:65535",
            &format!("https://{longest}:8443"),
        ] {
            assert_eq!(url(uri), format!("{uri}/lease/7/1/2/status"));
            assert_eq!(url(&format!("{uri}/")), format!("{uri}/lease/7/1/2/status"));
        }
        for uri in [
            "",
            "https://",
            "https://:8443",
            "http://p.example.org:8443",
            "p.example.org:8443",
            "https://p.example.org:8443/path",
            "https://p.example.org:8443?x=",
            "https://p.example.org:8443#",
            "https://user@p.example.org:8443",
            "https://p.example.org:84:43",
            "https://p.example.org:65536",
            "https://p.example.org:",
            "https://p.example.org:+443",
            "https://p example.org:8443",
            "https://pü.example.org:8443",
            "https://p.example.org:8443//",
            &format!("https://{longest}a:8443"),
        ] {
            let nowhere = "https://provider.invalid";
            assert_eq!(url(uri), format!("{nowhere}/lease/7/1/2/status"), "{uri}");
            assert_eq!(address_request(uri).url, format!("{nowhere}/address"));
            let put = manifest_request(uri, 7, "t", "[]").url;
            assert_eq!(put, format!("{nowhere}/deployment/7/manifest"));
        }
    }

    proptest! {
        #[test]
        fn should_answer_anything_without_a_panic(status in 100..600_u16, body in ".{0,300}") {
            let response = answer(status, &body);
            let _ = (address_reply(&response), manifest_reply(&response), status_reply(&response));
        }
    }
}
