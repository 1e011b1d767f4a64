//! HTTP to a node on this machine.

use anyhow::{Context, Result};
use orchestrator::kernel::port::{HttpMethod, HttpRequest, HttpResponse};
use std::time::Duration;

/// Longest wait for one answer.
const PATIENCE: Duration = Duration::from_secs(20);

/// Largest answer that is read. **Units** bytes.
const MAX_ANSWER: u64 = 32 * 1024 * 1024;

/// Sends requests and hands back whatever comes, errors of the node included.
#[derive(Clone, Debug)]
pub struct Client(ureq::Agent);

impl Default for Client {
    fn default() -> Self {
        let config = ureq::Agent::config_builder()
            .timeout_global(Some(PATIENCE))
            .http_status_as_error(false)
            .proxy(None)
            .build();
        Self(config.into())
    }
}

impl Client {
    /// Sends one request of the product. **Errors** no answer.
    pub fn send(&self, request: &HttpRequest) -> Result<HttpResponse> {
        self.send_and_measure(request).map(|(response, _)| response)
    }

    /// As [`Client::send`], with the bytes of the headers: outcalls pay for them too.
    pub fn send_and_measure(&self, request: &HttpRequest) -> Result<(HttpResponse, u64)> {
        let url = &request.url;
        let lost = || format!("no answer from {url}");
        let mut response = match request.method {
            HttpMethod::Get => {
                let mut call = self.0.get(url);
                for (name, value) in &request.headers {
                    call = call.header(name, value);
                }
                call.call().with_context(lost)?
            }
            HttpMethod::Post | HttpMethod::Put => {
                let mut call = if request.method == HttpMethod::Post {
                    self.0.post(url)
                } else {
                    self.0.put(url)
                };
                for (name, value) in &request.headers {
                    call = call.header(name, value);
                }
                call.send(&request.body[..]).with_context(lost)?
            }
        };
        let status = response.status().as_u16();
        let headers: usize = response
            .headers()
            .iter()
            .map(|(name, value)| name.as_str().len() + value.len())
            .sum();
        let body = response
            .body_mut()
            .with_config()
            .limit(MAX_ANSWER)
            .read_to_vec()
            .with_context(lost)?;
        Ok((HttpResponse { status, body }, headers as u64))
    }

    /// A JSON answer to a GET. **Errors** no answer, or one that is no JSON.
    pub fn json(&self, url: &str) -> Result<serde_json::Value> {
        let response = self.send(&get(url))?;
        serde_json::from_slice(&response.body).with_context(|| {
            let text = String::from_utf8_lossy(&response.body);
            format!(
                "expected JSON from {url}, got {} {text:.200}",
                response.status
            )
        })
    }
}

/// A plain GET.
#[must_use]
pub fn get(url: &str) -> HttpRequest {
    HttpRequest {
        url: url.into(),
        method: HttpMethod::Get,
        headers: vec![],
        body: vec![],
        max_response_bytes: MAX_ANSWER,
    }
}
