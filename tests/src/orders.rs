//! Orders as people write them: the templates of `proposals`, filled in.

use crate::world::{Told, World};
use orchestrator::kernel::NANOS_PER_SECOND;
use proposals::{Built, Moment};
use sns_governance_standin::types::ProposalId;
use std::path::{Path, PathBuf};

/// A budget to open or change.
#[derive(Clone, Debug)]
pub struct Budget {
    /// Id.
    pub id: String,
    /// In all, as written: `200 ACT`.
    pub total: String,
    /// Per deployment.
    pub per_deployment: String,
    /// For gas.
    pub gas: String,
    /// How long deployments may start.
    pub valid_for: String,
    /// How long the order may wait.
    pub expires_in: String,
}

/// A deployment to order.
#[derive(Clone, Debug)]
pub struct Deploy {
    /// Which budget pays.
    pub budget: String,
    /// The SDL's file.
    pub sdl: PathBuf,
    /// Highest price of all bids together. **Units** uact per block.
    pub max_price: u64,
    /// How long it runs.
    pub term: String,
    /// Whether tags will do.
    pub allow_tags: bool,
    /// Never these providers.
    pub denied: Vec<String>,
    /// Only these providers.
    pub allowed: Vec<String>,
    /// Attributes that providers must have.
    pub attributes: Vec<(String, String)>,
    /// How long the order may wait.
    pub expires_in: String,
}

impl Default for Budget {
    fn default() -> Self {
        Self {
            id: "web".into(),
            total: "500 ACT".into(),
            per_deployment: "100 ACT".into(),
            gas: "20 AKT".into(),
            valid_for: "365 days".into(),
            expires_in: "20 days".into(),
        }
    }
}

impl Default for Deploy {
    fn default() -> Self {
        Self {
            budget: "web".into(),
            sdl: example("web.yaml"),
            max_price: 60,
            term: "2 days".into(),
            allow_tags: false,
            denied: vec![],
            allowed: vec![],
            attributes: vec![],
            expires_in: "10 days".into(),
        }
    }
}

/// A file of `proposals/examples`.
#[must_use]
pub fn example(name: &str) -> PathBuf {
    xtask::root().join("proposals/examples").join(name)
}

impl World {
    /// The payload of a budget order.
    pub fn budget_order(&mut self, order: &Budget) -> Told<Built> {
        let text = format!(
            "kind: budget\nexpires_in: {}\nbudget: {}\npurpose: On the local network\ntotal: {}\n\
             per_deployment: {}\ngas: {}\nvalid_for: {}\n",
            order.expires_in,
            order.id,
            order.total,
            order.per_deployment,
            order.gas,
            order.valid_for
        );
        self.build(&text)
    }

    /// The payload of a deploy order.
    pub fn deploy_order(&mut self, order: &Deploy) -> Told<Built> {
        let list = |items: &[String]| format!("[{}]", items.join(", "));
        let attributes: Vec<String> = order
            .attributes
            .iter()
            .map(|(key, value)| format!("{key:?}: {value:?}"))
            .collect();
        let text = format!(
            "kind: deploy\nexpires_in: {}\nbudget: {}\nname: A service\nsdl: {}\nterm: {}\n\
             allow_tags: {}\npolicy:\n  max_price: {} uact/block\n  \
             required_attributes: {{{}}}\n  allowed_providers: {}\n  denied_providers: {}\n",
            order.expires_in,
            order.budget,
            order.sdl.display(),
            order.term,
            order.allow_tags,
            order.max_price,
            attributes.join(", "),
            list(&order.allowed),
            list(&order.denied),
        );
        self.build(&text)
    }

    /// The payload of an order to close the deployment of an earlier order.
    pub fn close_order(&mut self, deployment: u64) -> Told<Built> {
        self.build(&format!(
            "kind: close\nexpires_in: 10 days\ndeployment: {deployment}\nreason: The story says so\n"
        ))
    }

    fn build(&mut self, text: &str) -> Told<Built> {
        let moment = Moment {
            now_s: self.now() / NANOS_PER_SECOND,
            fresh_nonce: self.fresh_nonce(),
        };
        Ok(proposals::build(Path::new("story.yaml"), text, moment)?)
    }

    /// Proposes what was built, votes yes, and waits for execution.
    pub fn adopt_built(&mut self, built: &Built) -> Told<ProposalId> {
        self.adopt_call(built.function_id, built.payload.clone())
    }

    /// Adopts a budget and waits until its grants stand and the gateway has heard of it.
    pub fn open_budget(&mut self, order: &Budget) -> Told<()> {
        let built = self.budget_order(order)?;
        self.adopt_built(&built)?;
        let id = order.id.clone();
        self.until("an open budget", 900 * NANOS_PER_SECOND, |w| {
            use treasury::types::BudgetPhase;
            let open = w.budget(&id)?.phase == BudgetPhase::Open;
            Ok(open && w.budget_use()?.iter().any(|b| b.id == id))
        })
    }

    /// Adopts a deployment. The nonce names it from now on.
    pub fn deploy(&mut self, order: &Deploy) -> Told<u64> {
        let built = self.deploy_order(order)?;
        self.adopt_built(&built)?;
        Ok(built.nonce)
    }

    /// Adopts the end of a deployment.
    pub fn close(&mut self, deployment: u64) -> Told<u64> {
        let built = self.close_order(deployment)?;
        self.adopt_built(&built)?;
        Ok(built.nonce)
    }
}
