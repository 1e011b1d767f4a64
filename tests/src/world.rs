//! One process, one seed, two chains: the world that stories happen in.
//!
//! The Internet Computer runs the built modules; Akash and its providers answer their outcalls.
//! Time moves only when a story says so, and both sides move together.

use crate::modules::module;
use crate::sns::{Neuron, person};
use akash_standin::chain::{UACT, UAKT};
use akash_standin::{Akash, Genesis, Request};
use anyhow::{Context, Result, anyhow, bail};
use candid::{CandidType, Principal};
use gateway::types::{BudgetUse, DeploymentView, Phase};
use ic_host::{Ic, IcConfig, InstallMode, OutcallReply};
use orchestrator::kernel::{NANOS_PER_SECOND, Nanos, time};
use serde::de::DeserializeOwned;
use sns_governance_standin::types::{
    Action, Command, CommandResponse, ExecuteGenericNervousSystemFunction, GetProposal,
    GetProposalResponse, GetProposalResult, GovernanceError, ManageNeuron, ManageNeuronResponse,
    Proposal, ProposalData, ProposalId, RegisterVote,
};
use treasury::types::{BudgetView, Snapshot};

/// When every run begins: 2026-11-24T00:00:00Z. **Units** ns since the Unix epoch.
pub const START: Nanos = 1_795_478_400 * NANOS_PER_SECOND;

/// How far time moves in one step. An outcall is answered one step after it was made.
pub const TICK: Nanos = NANOS_PER_SECOND;

/// How far time moves in one step of [`World::skip`].
const SKIP: Nanos = 30 * NANOS_PER_SECOND;

/// Most rounds in one step before the world is said to spin.
const MAX_ROUNDS: usize = 200;

/// Cycles that each canister begins with.
pub(crate) const CYCLES: u128 = 1_000_000_000_000_000;

/// Name of the threshold key.
pub const KEY_NAME: &str = "key_1";

/// Chain id of the local Akash.
pub const CHAIN_ID: &str = "akashnet-2";

/// AKT that T holds at genesis. **Units** uakt.
pub const GENESIS_UAKT: u64 = 1_000_000_000;

/// ACT that T holds at genesis. **Units** uact.
pub const GENESIS_UACT: u64 = 100_000_000_000;

/// Where each canister lives.
#[derive(Clone, Copy, Debug)]
pub struct Canisters {
    /// SNS governance.
    pub governance: Principal,
    /// ICP ledger.
    pub ledger: Principal,
    /// Exchange rates.
    pub rates: Principal,
    /// Ours: deployments.
    pub gateway: Principal,
    /// Ours: money.
    pub treasury: Principal,
}

/// How a proposal stands. **Source** SNS governance: it is no field, it is derived.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Decision {
    /// Votes are counted.
    Open,
    /// Not adopted.
    Rejected,
    /// Adopted, and execution is pending.
    Adopted,
    /// The executor replied.
    Executed,
    /// The executor refused or trapped.
    Failed,
}

/// How a proposal stands.
#[must_use]
pub fn decision(proposal: &ProposalData) -> Decision {
    if proposal.decided_timestamp_seconds == 0 {
        Decision::Open
    } else if proposal.executed_timestamp_seconds > 0 {
        Decision::Executed
    } else if proposal.failed_timestamp_seconds > 0 {
        Decision::Failed
    } else if proposal.latest_tally.as_ref().is_some_and(|t| t.yes > t.no) {
        Decision::Adopted
    } else {
        Decision::Rejected
    }
}

/// What a story may choose about its world.
#[derive(Clone, Debug)]
pub struct Setting {
    /// Chooses scheduling, jitter and faults.
    pub seed: u64,
    /// Who bids.
    pub providers: Vec<akash_standin::ProviderConfig>,
    /// How many endpoints the chain has.
    pub endpoints: usize,
    /// How many must agree.
    pub agreement: u8,
    /// AKT of T at genesis. **Units** uakt.
    pub uakt: u64,
    /// ACT of T at genesis. **Units** uact.
    pub uact: u64,
}

impl Setting {
    /// Honest providers, three endpoints of which two must agree, T well funded.
    #[must_use]
    pub fn seeded(seed: u64) -> Self {
        Self {
            seed,
            providers: akash_standin::demo_providers(),
            endpoints: 3,
            agreement: 2,
            uakt: GENESIS_UAKT,
            uact: GENESIS_UACT,
        }
    }

    /// The same with other providers.
    #[must_use]
    pub fn with_providers(mut self, providers: Vec<akash_standin::ProviderConfig>) -> Self {
        self.providers = providers;
        self
    }
}

/// Why a story cannot go on: what was waited for, and how things stand.
pub type Told<T> = Result<T>;

/// The world.
pub struct World {
    /// The subnet.
    pub ic: Ic,
    /// The chain and its providers.
    pub akash: Akash,
    /// Where each canister lives.
    pub canisters: Canisters,
    /// Who votes. The first alone decides nothing.
    pub neurons: Vec<Neuron>,
    /// What the story began with.
    pub setting: Setting,
    /// The treasury's account on Akash.
    pub t: String,
    root: Principal,
    nonce: u64,
}

impl World {
    /// Two chains at [`START`], all canisters installed, all functions registered by vote.
    pub fn new(setting: Setting) -> Told<Self> {
        crate::install::world(setting)
    }

    pub(crate) fn assemble(
        setting: Setting,
        ic: Ic,
        akash: Akash,
        canisters: Canisters,
        neurons: Vec<Neuron>,
        t: String,
    ) -> Self {
        Self {
            t,
            ic,
            akash,
            canisters,
            neurons,
            setting,
            root: person("sns root"),
            nonce: 0,
        }
    }

    /// The time on both sides.
    #[must_use]
    pub fn now(&self) -> Nanos {
        self.ic.time()
    }

    /// A nonce that no order of this world has used.
    pub fn fresh_nonce(&mut self) -> u64 {
        self.nonce += 1;
        self.nonce
    }

    /// One step: time moves, blocks are made, outcalls of the step before are answered, and
    /// messages run until nothing is left to run.
    pub fn tick(&mut self) -> Told<()> {
        let now = self.now() + TICK;
        self.ic.set_time(now);
        self.akash.advance_to(now);
        self.answer(now);
        self.run_messages()?;
        crate::checks::quick(self)
    }

    /// Runs messages without moving time.
    pub fn run_messages(&mut self) -> Told<()> {
        for _ in 0..MAX_ROUNDS {
            if self.ic.is_idle() {
                return Ok(());
            }
            self.ic.round();
        }
        bail!("the canisters still have messages after {MAX_ROUNDS} rounds in one step")
    }

    fn answer(&mut self, now: Nanos) {
        for outcall in self.ic.pending_outcalls() {
            let request = Request {
                method: outcall.method.name().into(),
                url: outcall.url.clone(),
                headers: outcall.headers.clone(),
                body: outcall.body.clone(),
            };
            let reply = self
                .akash
                .http(now, &request)
                .map(|response| OutcallReply {
                    status: response.status,
                    headers: response.headers,
                    body: response.body,
                })
                // SYS_TRANSIENT, as a replica answers when nothing is there.
                .map_err(|why| (2, why));
            self.ic.answer_outcall(outcall.id, reply);
        }
    }

    /// Steps until `is_so`, at most for `limit`. **Errors** it is not so by then.
    pub fn until(
        &mut self,
        what: &str,
        limit: Nanos,
        mut is_so: impl FnMut(&mut Self) -> Told<bool>,
    ) -> Told<()> {
        let end = self.now() + limit;
        while !is_so(self)? {
            if self.now() >= end {
                bail!(
                    "waited {} s for: {what}\n{}",
                    limit / NANOS_PER_SECOND,
                    self.picture()
                );
            }
            self.tick()?;
        }
        Ok(())
    }

    /// Steps for a time.
    pub fn pass(&mut self, time: Nanos) -> Told<()> {
        let end = self.now() + time;
        while self.now() < end {
            self.tick()?;
        }
        Ok(())
    }

    /// Lets a long time go by in large steps: for votes, not for anything that is watched.
    pub fn skip(&mut self, time: Nanos) -> Told<()> {
        let end = self.now() + time;
        while self.now() < end {
            let next = (self.now() + SKIP).min(end);
            self.ic.set_time(next);
            self.akash.advance_to(next);
            self.answer(next);
            self.run_messages()?;
            crate::checks::quick(self)?;
        }
        Ok(())
    }

    /// Calls a query without an argument check on either side.
    pub fn query<A: CandidType, T: CandidType + DeserializeOwned>(
        &mut self,
        canister: Principal,
        method: &str,
        argument: &A,
    ) -> Told<T> {
        let argument = candid::encode_one(argument)?;
        let reply = self
            .ic
            .query(Principal::anonymous(), canister, method, argument)
            .map_err(|reject| anyhow!("{method}: {reject}"))?;
        candid::decode_one(&reply).with_context(|| format!("{method}: the answer does not decode"))
    }

    /// A neuron's command. **Errors** governance rejects the call; its refusals are answers.
    pub fn manage_neuron(&mut self, neuron: usize, command: Command) -> Told<CommandResponse> {
        let neuron = self.neurons[neuron].clone();
        let argument = candid::encode_one(ManageNeuron {
            subaccount: neuron.id.id,
            command: Some(command),
        })?;
        let reply = self
            .ic
            .update(
                neuron.controller,
                self.canisters.governance,
                "manage_neuron",
                argument,
            )
            .map_err(|reject| anyhow!("manage_neuron: {reject}"))?;
        let reply: ManageNeuronResponse = candid::decode_one(&reply)?;
        reply.command.context("governance answered nothing")
    }

    /// Proposes, as neuron 0. **Errors** (inner) governance refuses the proposal.
    pub fn propose(
        &mut self,
        title: &str,
        action: Action,
    ) -> Told<Result<ProposalId, GovernanceError>> {
        let proposal = Proposal {
            title: title.into(),
            url: String::new(),
            summary: String::new(),
            action: Some(action),
        };
        match self.manage_neuron(0, Command::MakeProposal(proposal))? {
            CommandResponse::MakeProposal(GetProposal { proposal_id }) => {
                Ok(Ok(proposal_id.context("a proposal without a number")?))
            }
            CommandResponse::Error(error) => Ok(Err(error)),
            other => bail!("expected a proposal's number, got {other:?}"),
        }
    }

    /// Proposes a call of a registered function.
    pub fn propose_call(
        &mut self,
        function_id: u64,
        payload: Vec<u8>,
    ) -> Told<Result<ProposalId, GovernanceError>> {
        self.propose(
            "On the local network",
            Action::ExecuteGenericNervousSystemFunction(ExecuteGenericNervousSystemFunction {
                function_id,
                payload,
            }),
        )
    }

    /// Every neuron but the proposer votes.
    pub fn vote(&mut self, proposal: ProposalId, yes: bool) -> Told<()> {
        for neuron in 1..self.neurons.len() {
            let command = Command::RegisterVote(RegisterVote {
                proposal: Some(proposal),
                vote: if yes { 1 } else { 2 },
            });
            if let CommandResponse::Error(error) = self.manage_neuron(neuron, command)? {
                bail!("neuron {neuron} cannot vote: {}", error.error_message);
            }
        }
        Ok(())
    }

    /// How a proposal stands.
    pub fn proposal(&mut self, proposal: ProposalId) -> Told<ProposalData> {
        let governance = self.canisters.governance;
        let answer: GetProposalResponse = self.query(
            governance,
            "get_proposal",
            &GetProposal {
                proposal_id: Some(proposal),
            },
        )?;
        match answer.result.context("governance answered nothing")? {
            GetProposalResult::Proposal(data) => Ok(*data),
            GetProposalResult::Error(error) => bail!("no proposal: {}", error.error_message),
        }
    }

    /// Proposes, votes yes, and waits for execution. **Errors** refused, rejected or failed.
    pub fn adopt(&mut self, title: &str, action: Action) -> Told<ProposalId> {
        let proposal = self
            .propose(title, action)?
            .map_err(|error| anyhow!("{title}: refused: {}", error.error_message))?;
        self.vote(proposal, true)?;
        self.until("execution", 60 * NANOS_PER_SECOND, |w| {
            let decision = decision(&w.proposal(proposal)?);
            Ok(matches!(decision, Decision::Executed | Decision::Failed))
        })?;
        let data = self.proposal(proposal)?;
        match data.failure_reason {
            Some(reason) if decision(&data) == Decision::Failed => {
                bail!("{title}: failed: {}", reason.error_message)
            }
            _ => Ok(proposal),
        }
    }

    /// Proposes a call of a registered function, votes yes, and waits for execution.
    pub fn adopt_call(&mut self, function_id: u64, payload: Vec<u8>) -> Told<ProposalId> {
        self.adopt(
            "On the local network",
            Action::ExecuteGenericNervousSystemFunction(ExecuteGenericNervousSystemFunction {
                function_id,
                payload,
            }),
        )
    }

    /// A deployment as the gateway tells it.
    pub fn deployment(&mut self, nonce: u64) -> Told<DeploymentView> {
        let gateway = self.canisters.gateway;
        let found: Option<DeploymentView> = self.query(gateway, "get_deployment", &nonce)?;
        found.with_context(|| format!("the gateway knows no deployment {nonce}"))
    }

    /// What the gateway holds of each budget.
    pub fn budget_use(&mut self) -> Told<Vec<BudgetUse>> {
        let gateway = self.canisters.gateway;
        self.query(gateway, "get_budgets", &())
    }

    /// What the treasury tells.
    pub fn snapshot(&mut self) -> Told<Snapshot> {
        let treasury = self.canisters.treasury;
        self.query(treasury, "snapshot", &())
    }

    /// A budget as the treasury tells it.
    pub fn budget(&mut self, id: &str) -> Told<BudgetView> {
        let found = self.snapshot()?.budgets.into_iter().find(|b| b.id == id);
        found.with_context(|| format!("the treasury knows no budget {id:?}"))
    }

    /// Waits until a deployment is in one of `phases`.
    pub fn until_phase(
        &mut self,
        nonce: u64,
        phases: &[Phase],
        limit: Nanos,
    ) -> Told<DeploymentView> {
        self.until(&format!("{phases:?} of {nonce}"), limit, |w| {
            Ok(phases.contains(&w.deployment(nonce)?.phase))
        })?;
        self.deployment(nonce)
    }

    /// Installs the module that is there already over itself: an upgrade at this very moment.
    pub fn upgrade(&mut self, package: &str) -> Told<()> {
        let canister = match package {
            "gateway" => self.canisters.gateway,
            "treasury" => self.canisters.treasury,
            other => bail!("expected gateway or treasury, got {other:?}"),
        };
        let mode = InstallMode::Upgrade {
            skip_pre_upgrade: false,
        };
        self.ic
            .install(
                self.root,
                canister,
                mode,
                &module(package)?,
                &upgrade_argument()?,
            )
            .map_err(|reject| anyhow!("upgrade of {package}: {reject}"))
    }

    /// What voters of a proposal read.
    pub fn rendering(&mut self, proposal: ProposalId) -> Told<String> {
        let text = self.proposal(proposal)?.payload_text_rendering;
        text.context("the proposal has no rendering")
    }

    /// A page that the gateway serves.
    pub fn page(&mut self, url: &str) -> Told<String> {
        let request = gateway::types::HttpRequest {
            method: "GET".into(),
            url: url.into(),
            headers: vec![],
            body: vec![],
            certificate_version: Some(2),
        };
        let gateway = self.canisters.gateway;
        let response: gateway::types::HttpResponse =
            self.query(gateway, "http_request", &request)?;
        Ok(String::from_utf8_lossy(&response.body).into_owned())
    }

    /// Everything that a person would want to see when a story fails.
    pub fn picture(&mut self) -> String {
        let mut text = format!("height {}\n", self.akash.height());
        for d in crate::checks::deployments(self).unwrap_or_default() {
            text.push_str(&format!("{d:?}\n"));
        }
        text.push_str(&self.page("/metrics").unwrap_or_default());
        for (name, canister) in [
            ("gateway", self.canisters.gateway),
            ("treasury", self.canisters.treasury),
        ] {
            for line in self.ic.logs(canister).iter().rev().take(20).rev() {
                let content = String::from_utf8_lossy(&line.content);
                text.push_str(&format!(
                    "{name} at {}: {content}\n",
                    time::rfc3339(line.at_ns)
                ));
            }
        }
        text
    }
}

/// Upgrades keep the configuration.
fn upgrade_argument() -> Told<Vec<u8>> {
    Ok(candid::encode_args(())?)
}

/// A subnet with a module cache under the workspace's target folder.
pub(crate) fn subnet(seed: u64) -> Ic {
    Ic::new(IcConfig {
        seed,
        start_ns: START,
        module_cache: Some(xtask::root().join("target/module-cache")),
        nodes: 13,
    })
}

/// The chain's genesis for a setting.
pub(crate) fn genesis(setting: &Setting, t: &str) -> Genesis {
    Genesis {
        chain_id: CHAIN_ID.into(),
        start_ns: START,
        providers: setting.providers.clone(),
        endpoints: setting.endpoints,
        seed: setting.seed,
        balances: vec![(t.into(), vec![(setting.uakt, UAKT), (setting.uact, UACT)])],
        ..Genesis::default()
    }
}
