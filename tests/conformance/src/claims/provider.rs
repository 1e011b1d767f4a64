//! Providers: tokens, routes, answers.

use super::Basis::{self, Check, Open, Read};
use super::{Claim, Part, Source};
use crate::suite::Suite::{Npm, Vectors};

const fn provider(
    id: &'static str,
    what: &'static str,
    at: &'static str,
    bases: &'static [Basis],
) -> Claim {
    Claim {
        id,
        part: Part::Provider,
        what,
        at,
        bases,
    }
}

pub(super) const CLAIMS: &[Claim] = &[
    provider(
        "shape/jwt-claims",
        "claims of a token: issuer, three times as numbers, version v1, one provider with scopes",
        "src/provider/jwt.rs",
        &[Check(Vectors), Check(Npm)],
    ),
    provider(
        "rule/jwt-signature",
        "ES256K: 64 bytes r and s over SHA-256 of the first two parts, by the account's key",
        "src/provider/jwt.rs",
        &[Check(Vectors), Check(Npm)],
    ),
    provider(
        "rule/jwt-services",
        "a token for single deployments must name services; ours is for a provider and needs none",
        "src/provider/jwt.rs",
        &[Check(Npm), Read(Source::ChainSdk, "go/util/jwt/jwt.go")],
    ),
    provider(
        "rule/jwt-order",
        "a provider checks the signature first and the claims after it: 401 for the one, 400 for the other, an expired token included",
        "src/provider/gateway.rs",
        &[Read(Source::Provider, "gateway/utils/utils.go")],
    ),
    provider(
        "rule/jwt-times",
        "a token's times are checked without leeway, so ours are dated back a minute",
        "src/lease/limits.rs",
        &[Read(Source::Provider, "gateway/utils/utils.go")],
    ),
    provider(
        "rule/jwt-key-on-chain",
        "a provider takes the issuer's key from the chain, so an account must have signed before its first token: ours signs the deployment and the lease first",
        "src/lease/next.rs",
        &[Read(
            Source::Provider,
            "gateway/utils/utils.go, cmd/provider-services/cmd/certs.go",
        )],
    ),
    provider(
        "rule/jwt-replay",
        "a token of full or scoped access would serve its receiver at every other provider; ours names one",
        "src/provider/jwt.rs",
        &[Read(Source::ChainSdk, "go/util/jwt/jwt.go")],
    ),
    provider(
        "query/provider-address",
        "GET /address is open to all and answers with the provider's account",
        "src/provider/gateway.rs",
        &[Read(Source::Provider, "gateway/rest/router.go")],
    ),
    provider(
        "query/put-manifest",
        "PUT /deployment/{dseq}/manifest takes the manifest; 200 with nothing is success, and repeating it does no harm",
        "src/provider/gateway.rs",
        &[Read(
            Source::Provider,
            "gateway/rest/router.go, manifest/manager.go",
        )],
    ),
    provider(
        "code/manifest-refusals",
        "which texts and statuses of a manifest's refusal are final, and which pass: 404 while the provider's node has not seen the lease, 422 for what does not fit",
        "src/provider/gateway.rs",
        &[Read(
            Source::Provider,
            "gateway/rest/cluster_errors.go, manifest/manager.go",
        )],
    ),
    provider(
        "shape/lease-status",
        "GET /lease/{dseq}/{gseq}/{oseq}/status: services with available and total, addresses, forwarded ports, leased addresses with keys in capitals; 404 before the manifest is deployed",
        "src/provider/gateway.rs",
        &[Read(Source::Provider, "gateway/rest/router.go")],
    ),
    provider(
        "rule/manifest-fits",
        "a manifest must fit the groups on the chain: names, unit ids, counts, quantities, and each endpoint used once",
        "src/sdl/cross_check.rs",
        &[Read(
            Source::ChainSdk,
            "go/manifest/v2beta3/helpers.go, groups.go",
        )],
    ),
    provider(
        "rule/hosts",
        "a host name is counted once for each expose, and ends at 253 characters",
        "src/sdl/rules.rs",
        &[Read(Source::ChainSdk, "go/manifest/v2beta3/helpers.go")],
    ),
    provider(
        "figure/bid-timeout",
        "a provider takes its bid back five minutes after it was made",
        "src/lease/limits.rs",
        &[Read(Source::Provider, "cmd/provider-services/cmd/flags.go")],
    ),
    provider(
        "figure/manifest-timeout",
        "a provider gives the lease up when no manifest came for five minutes; it may also fail to, so we close what we could not configure",
        "src/lease/limits.rs",
        &[Read(
            Source::Provider,
            "cmd/provider-services/cmd/flags.go, manifest/watchdog.go",
        )],
    ),
    provider(
        "rule/endpoint-numbers",
        "any consistent numbering of leased addresses is taken: a provider counts endpoints of each kind",
        "src/sdl/build.rs",
        &[Read(Source::ChainSdk, "go/manifest/v2beta3/helpers.go")],
    ),
    provider(
        "rule/provider-certificates",
        "some providers show a publicly trusted certificate on port 8443",
        "src/lease/choose.rs",
        &[Open(
            "their share was not measured",
            "a provider is asked for its address before its bid is taken; where none answers the deposit comes back",
        )],
    ),
    provider(
        "rule/provider-alpn",
        "a gateway speaks HTTP/1.1",
        "src/live/src/lib.rs",
        &[Open(
            "read and not seen",
            "the outcall's client speaks both",
        )],
    ),
    provider(
        "rule/provider-gateway",
        "whole stories at a published gateway",
        "tests/akash/src/providers/gateway.rs",
        &[Open(
            "the module github.com/akash-network/provider is not served where this was made (403)",
            "its code was read and is played by the stand-in; what a provider refuses costs the deposit nothing but gas, and a lease that is not configured in time is closed",
        )],
    ),
    provider(
        "rule/tee-providers",
        "some providers offer trusted execution",
        "src/sdl/schema/service.rs",
        &[Open(
            "their number was not asked",
            "an order that nobody can serve gets no bid, and its deposit comes back",
        )],
    ),
];
