//! The gateway of a provider on port 8443.

use super::jwt::{self, AuthRefusal, Claims, Issuer, Reject};
use super::manifest::{self, ManifestGroup, Service};
use super::{Behaviour, Provider};
use crate::address;
use crate::chain::blocks::Chain;
use crate::chain::market::LeaseState;
use crate::http::{Request, Response, Url};
use crate::proto::{BidId, DeploymentId, GroupSpec};
use serde_json::{Map, Value, json};

const SECOND: u64 = 1_000_000_000;

/// A lease without its owner and provider: gseq and oseq.
type LeaseKey = (u32, u32);

impl Provider {
    /// Answers one request. **Errors** when no connection comes about or it breaks.
    pub(crate) fn serve(
        &mut self,
        chain: &Chain,
        now_ns: u64,
        request: &Request,
        url: &Url,
        others_hosts: &[(String, String)],
    ) -> Result<Response, String> {
        match &self.config.behaviour {
            Behaviour::Gone => return Err("connection refused".into()),
            Behaviour::UntrustedCertificate => {
                return Err("invalid peer certificate: UnknownIssuer".into());
            }
            Behaviour::GoneAfter { seconds } => {
                let first = self.tenancies.values().map(|t| t.since_ns).min();
                if first.is_some_and(|t| now_ns >= t + seconds * SECOND) {
                    return Err("connection refused".into());
                }
            }
            _ => {}
        }
        let token = match bearer(request) {
            Ok(token) => token,
            Err(refusal) => return Ok(auth_answer(refusal)),
        };
        let claims = match token {
            None => None,
            Some(token) => match jwt::verify(token, now_ns, |iss| issuer(chain, iss)) {
                Ok(claims) => Some(claims),
                Err(Reject::Answer(refusal)) => return Ok(auth_answer(refusal)),
                Err(Reject::Dropped) => return Err("connection closed".into()),
            },
        };
        let path = url.segments();
        let method = request.method.as_str();
        Ok(match (method, path.as_slice()) {
            ("GET", ["version"]) => Response::json(200, &version()),
            ("GET", ["address"]) => {
                let address = match self.config.behaviour {
                    Behaviour::WrongAddress => address::encode(&[9; 20]),
                    _ => self.address.clone(),
                };
                Response::json(200, &json!({"address": address}))
            }
            ("GET", ["status"]) => Response::json(200, &self.status()),
            (_, ["version" | "address" | "status"]) => Response {
                status: 405,
                ..Response::default()
            },
            (_, ["deployment", dseq, "manifest"]) => {
                let claims = match self.authorized(claims) {
                    Ok(claims) => claims,
                    Err(refusal) => return Ok(auth_answer(refusal)),
                };
                if method != "PUT" {
                    return Ok(Response {
                        status: 405,
                        ..Response::default()
                    });
                }
                let Ok(dseq) = dseq.parse::<u64>() else {
                    return Ok(Response::text(400, "ID path invalid\n"));
                };
                if !claims.covers(&self.address, dseq, None, Some("send-manifest")) {
                    return Ok(auth_answer(jwt::UNAUTHORIZED));
                }
                if self.config.behaviour == Behaviour::SilentManifest {
                    return Err("timeout".into());
                }
                let id = DeploymentId {
                    owner: claims.iss,
                    dseq,
                };
                match self.take_manifest(chain, now_ns, &id, &request.body, others_hosts) {
                    Ok(()) => Response {
                        status: 200,
                        ..Response::default()
                    },
                    Err((status, text)) => Response::text(status, &format!("{text}\n")),
                }
            }
            (_, ["lease", dseq, gseq, oseq, rest @ ..]) => {
                let claims = match self.authorized(claims) {
                    Ok(claims) => claims,
                    Err(refusal) => return Ok(auth_answer(refusal)),
                };
                let numbers = (
                    dseq.parse::<u64>(),
                    gseq.parse::<u32>(),
                    oseq.parse::<u32>(),
                );
                let (Ok(dseq), Ok(gseq), Ok(oseq)) = numbers else {
                    return Ok(Response::text(400, "ID path invalid\n"));
                };
                self.lease_route(&claims, now_ns, method, dseq, (gseq, oseq), rest)
            }
            _ => Response::text(404, "404 page not found\n"),
        })
    }

    fn authorized(&self, claims: Option<Claims>) -> Result<Claims, AuthRefusal> {
        claims
            .filter(|c| c.reaches(&self.address))
            .ok_or(jwt::UNAUTHORIZED)
    }

    fn lease_route(
        &self,
        claims: &Claims,
        now_ns: u64,
        method: &str,
        dseq: u64,
        key: LeaseKey,
        rest: &[&str],
    ) -> Response {
        let scope = match rest {
            ["manifest"] => Some("get-manifest"),
            ["status"] => Some("status"),
            ["service", _, "status"] => None,
            _ => return Response::text(404, "404 page not found\n"),
        };
        if !claims.covers(&self.address, dseq, Some(key), scope) {
            return auth_answer(jwt::UNAUTHORIZED);
        }
        if method != "GET" {
            return Response {
                status: 405,
                ..Response::default()
            };
        }
        let (owner, provider) = (claims.iss.clone(), self.address.clone());
        let id = BidId {
            owner,
            dseq,
            gseq: key.0,
            oseq: key.1,
            provider,
            bseq: 0,
        };
        let running = self.tenancies.get(&id).and_then(|t| t.running.as_ref());
        match (rest, running) {
            (["manifest"], None) => Response::text(404, "lease not found\n"),
            (["manifest"], Some((group, _))) => {
                Response::json(200, &json!([manifest::group_json(group)]))
            }
            (_, None) => Response {
                status: 404,
                ..Response::default()
            },
            (["service", name, _], Some((group, since))) => {
                let ready = self.is_ready(*since, now_ns);
                let mut services = group.services.iter().flatten();
                match services.find(|s| s.name == *name) {
                    Some(service) => Response::json(200, &self.service(&id, service, ready)),
                    None => Response::text(404, "no such service for lease\n"),
                }
            }
            (_, Some((group, since))) => {
                let ready = self.is_ready(*since, now_ns);
                Response::json(200, &self.lease_status(&id, group, ready))
            }
        }
    }

    fn is_ready(&self, since_ns: u64, now_ns: u64) -> bool {
        let seconds = match self.config.behaviour {
            Behaviour::NeverReady => return false,
            Behaviour::Slow { ready_s, .. } => ready_s,
            _ => self.config.ready_s,
        };
        now_ns >= since_ns + seconds * SECOND
    }

    fn take_manifest(
        &mut self,
        chain: &Chain,
        now_ns: u64,
        id: &DeploymentId,
        body: &[u8],
        others_hosts: &[(String, String)],
    ) -> Result<(), manifest::Refusal> {
        let groups = manifest::decode(body)?;
        // Any manifest for the deployment, good or bad, stops the watchdog.
        let leases = self.leases_of(chain, now_ns, id);
        for lease in &leases {
            if let Some(tenancy) = self.tenancies.get_mut(lease) {
                tenancy.was_sent = true;
            }
        }
        if let Behaviour::RefuseManifest(status, text) = &self.config.behaviour {
            return Err((*status, text.clone()));
        }
        let state = chain.state();
        let Some(deployment) = state.deployment(id) else {
            let text = "rpc error: code = NotFound desc = Deployment not found";
            return Err((500, text.into()));
        };
        let specs: Vec<GroupSpec> = state.groups(id).into_iter().map(|(_, g)| g.spec).collect();
        let mut hash = deployment.hash.clone();
        if self.config.behaviour == Behaviour::OldManifest {
            hash.reverse();
        }
        manifest::check(&groups, &hash, &specs)?;
        for group in &groups {
            for host in group_hosts(group) {
                let taken = |(other, owner): &(String, String)| {
                    *other == host && *owner != format!("{}/{}", id.owner, id.dseq)
                };
                if others_hosts.iter().any(taken) {
                    return Err((500, format!("hostname not allowed: host {host:?} in use")));
                }
            }
        }
        if leases.is_empty() {
            return Err((404, "no lease for deployment".into()));
        }
        for lease in leases {
            let name = state.group(&lease.group()).map(|g| g.spec.name.clone());
            let group = groups.iter().find(|g| Some(&g.name) == name.as_ref());
            if let (Some(group), Some(tenancy)) = (group, self.tenancies.get_mut(&lease)) {
                let since = tenancy.running.as_ref().map_or(now_ns, |(_, since)| *since);
                tenancy.running = Some((group.clone(), since));
            }
        }
        Ok(())
    }

    /// Leases of a deployment that this provider's node knows.
    fn leases_of(&mut self, chain: &Chain, now_ns: u64, id: &DeploymentId) -> Vec<BidId> {
        let unseen_ns = match self.config.behaviour {
            Behaviour::Slow { lease_unseen_s, .. } => lease_unseen_s * SECOND,
            _ => 0,
        };
        let mut known = Vec::new();
        for (lease_id, lease) in chain.state().leases() {
            let mine = lease_id.provider == self.address
                && lease_id.group().deployment() == *id
                && lease.state == LeaseState::Active;
            let born = chain.time_at(lease.created_at).unwrap_or(now_ns);
            if mine && now_ns >= born + unseen_ns {
                known.push(lease_id.clone());
            }
        }
        known
    }

    /// Host names that this provider serves, each with the deployment that has it.
    pub(crate) fn hosts(&self) -> Vec<(String, String)> {
        let mut out = Vec::new();
        for (id, tenancy) in &self.tenancies {
            if let Some((group, _)) = &tenancy.running {
                let holder = format!("{}/{}", id.owner, id.dseq);
                out.extend(group_hosts(group).into_iter().map(|h| (h, holder.clone())));
            }
        }
        out
    }

    fn lease_status(&self, id: &BidId, group: &ManifestGroup, ready: bool) -> Value {
        let (mut services, mut ports, mut ips) = (Map::new(), Map::new(), Map::new());
        for service in group.services.iter().flatten() {
            services.insert(service.name.clone(), self.service(id, service, ready));
            for expose in service.exposes().iter().filter(|e| e.global) {
                let port = self.forwarded_port(id, service, expose.port);
                if !expose.ip.is_empty() {
                    let entry = json!({
                        "Port": expose.port,
                        "ExternalPort": expose.outside_port(),
                        "Protocol": expose.proto,
                        "IP": format!("203.0.113.{}", 1 + port % 250),
                    });
                    push(&mut ips, &service.name, entry);
                }
                if !expose.is_ingress() {
                    let entry = json!({
                        "host": super::host(self.index),
                        "port": expose.port,
                        "externalPort": port,
                        "proto": expose.proto,
                        "name": service.name,
                    });
                    push(&mut ports, &service.name, entry);
                }
            }
        }
        let or_null = |map: Map<String, Value>| {
            if map.is_empty() {
                Value::Null
            } else {
                Value::Object(map)
            }
        };
        json!({
            "services": services,
            "forwarded_ports": or_null(ports),
            "ips": or_null(ips),
        })
    }

    fn service(&self, id: &BidId, service: &Service, ready: bool) -> Value {
        let up = if ready { service.count } else { 0 };
        let mut uris = Vec::new();
        for expose in service.exposes().iter().filter(|e| e.is_ingress()) {
            uris.extend(expose.hosts.iter().flatten().cloned());
            uris.push(self.default_host(id, &service.name));
        }
        uris.dedup();
        let uris = if uris.is_empty() {
            Value::Null
        } else {
            json!(uris)
        };
        json!({
            "name": service.name,
            "available": up,
            "total": service.count,
            "uris": uris,
            "observed_generation": 1,
            "replicas": service.count,
            "updated_replicas": service.count,
            "ready_replicas": up,
            "available_replicas": up,
        })
    }

    /// The name that a service gets below the provider's domain: 26 letters of base32hex.
    fn default_host(&self, id: &BidId, service: &str) -> String {
        let BidId {
            owner,
            dseq,
            gseq,
            oseq,
            provider,
            ..
        } = id;
        let text = format!("{owner}/{dseq}/{gseq}/{oseq}/{provider}/{service}");
        let digest = address::sha256(text.as_bytes());
        let mut bits = u128::from_be_bytes(digest[..16].try_into().expect("sixteen bytes"));
        let alphabet = b"0123456789abcdefghijklmnopqrstuv";
        let mut name = String::new();
        for _ in 0..26 {
            let letter = usize::try_from(bits & 31).expect("five bits");
            name.push(char::from(alphabet[letter]));
            bits >>= 5;
        }
        format!("{name}.ingress.{}", super::host(self.index))
    }

    fn forwarded_port(&self, id: &BidId, service: &Service, port: u32) -> u32 {
        let text = format!("{id:?}/{}/{port}", service.name);
        let digest = address::sha256(text.as_bytes());
        30_000 + u32::from(u16::from_be_bytes([digest[0], digest[1]])) % 2_768
    }

    fn status(&self) -> Value {
        let leases = self.tenancies.len();
        let deployments = self
            .tenancies
            .values()
            .filter(|t| t.running.is_some())
            .count();
        let mut status = json!({
            "cluster": {
                "leases": leases,
                "inventory": {"active": [], "available": {"nodes": []}},
            },
            "bidengine": {"orders": 0},
            "manifest": {"deployments": deployments},
            "cluster_public_hostname": super::host(self.index),
            "address": self.address,
        });
        if let Some(seconds) = self.config.reclamation_window_s {
            status["reclamation_window"] = json!(seconds * 1_000_000_000);
        }
        status
    }
}

fn push(map: &mut Map<String, Value>, key: &str, entry: Value) {
    let list = map.entry(key).or_insert_with(|| json!([]));
    if let Value::Array(list) = list {
        list.push(entry);
    }
}

fn group_hosts(group: &ManifestGroup) -> Vec<String> {
    let exposes = group
        .services
        .iter()
        .flatten()
        .flat_map(|s| s.exposes().iter());
    exposes
        .flat_map(|e| e.hosts.iter().flatten().cloned())
        .collect()
}

/// The token of a request, if any.
fn bearer(request: &Request) -> Result<Option<&str>, AuthRefusal> {
    let header = request.header("authorization").unwrap_or_default();
    if header.is_empty() {
        return Ok(None);
    }
    let words: Vec<&str> = header.split_whitespace().collect();
    match words[..] {
        [scheme, token] if scheme.eq_ignore_ascii_case("bearer") => Ok(Some(token)),
        _ => Err((400, "invalid authorization header")),
    }
}

fn auth_answer((status, message): AuthRefusal) -> Response {
    Response::json(status, &json!({"message": message}))
}

fn issuer(chain: &Chain, iss: &str) -> Issuer {
    match chain.state().account(iss).map(|a| a.public_key.clone()) {
        None => Issuer::Unknown,
        Some(None) => Issuer::WithoutKey,
        Some(Some(key)) => Issuer::Key(key),
    }
}

fn version() -> Value {
    json!({
        "akash": {
            "name": "provider-services",
            "appName": "provider-services",
            "version": "v0.13.2",
            "commit": "",
            "buildTags": "",
            "go": "go version go1.25.0 linux/amd64",
            "cosmosSdkVersion": "v0.53.7",
        },
        "kube": {"major": "1", "minor": "31", "gitVersion": "v1.31.0", "platform": "linux/amd64"},
    })
}
