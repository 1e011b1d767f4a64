//! The books as files of accounting tools. The same log gives the same bytes.
//!
//! Accounts are named alike in all formats: what is held is an asset, what was used up an expense,
//! and the other sides of balances are equity. Ids begin with `B-` (budgets) or `P-` (principals),
//! because beancount wants names to begin with a capital letter.

use super::Audited;
use candid::Principal;
use orchestrator::kernel::time::rfc3339;
use orchestrator::kernel::{NANOS_PER_SECOND, Nanos};
use std::collections::{BTreeMap, BTreeSet};
use std::fmt::Write;
use treasury::book::{Account, Asset, Entry};
use treasury::log::Block;

/// How the books are written.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Format {
    /// Plain-text journal of hledger, with assertions of all balances at its end.
    Hledger,
    /// Journal of beancount, with assertions of all balances a day after the last entry.
    Beancount,
    /// A line for each posting, RFC 4180.
    Csv,
    /// A list of entries.
    Json,
}

impl Format {
    /// By its name on the command line.
    #[must_use]
    pub fn by_name(name: &str) -> Option<Self> {
        match name {
            "hledger" => Some(Self::Hledger),
            "beancount" => Some(Self::Beancount),
            "csv" => Some(Self::Csv),
            "json" => Some(Self::Json),
            _ => None,
        }
    }
}

const DAY: Nanos = 24 * 60 * 60 * NANOS_PER_SECOND;

/// Writes the books.
#[must_use]
pub fn export(audited: &Audited, format: Format) -> String {
    match format {
        Format::Hledger => hledger(audited),
        Format::Beancount => beancount(audited),
        Format::Csv => csv(audited),
        Format::Json => json(audited),
    }
}

/// An entry with its place.
struct Booked<'a> {
    number: u64,
    index: u64,
    block: &'a Block,
    entry: &'a Entry,
}

fn entries(audited: &Audited) -> impl Iterator<Item = Booked<'_>> {
    let blocks = (0_u64..).zip(&audited.blocks);
    let all = blocks.flat_map(|(index, block)| {
        let entries = block.entries.iter();
        entries.map(move |entry| (index, block, entry))
    });
    (0_u64..)
        .zip(all)
        .map(|(number, (index, block, entry))| Booked {
            number,
            index,
            block,
            entry,
        })
}

impl Booked<'_> {
    fn day(&self) -> String {
        day(self.block.at)
    }

    /// What is known of it besides the postings: names and values.
    fn facts(&self) -> Vec<(&'static str, String)> {
        let mut facts = vec![
            ("block", self.index.to_string()),
            ("time", rfc3339(self.block.at)),
        ];
        if let Some(order) = &self.entry.order {
            facts.push(("nonce", order.nonce.to_string()));
            facts.push(("payload_hash", hex::encode(order.payload_hash)));
        }
        if let Some(hash) = &self.entry.tx_hash {
            facts.push(("tx_hash", hash.clone()));
        }
        if let Some(height) = self.entry.height {
            facts.push(("height", height.to_string()));
        }
        facts
    }

    /// One line of plain text.
    fn why(&self) -> String {
        let plain = |c: char| if c.is_control() || c == ';' { ' ' } else { c };
        self.entry.why.chars().map(plain).collect()
    }
}

fn day(at: Nanos) -> String {
    rfc3339(at).chars().take(10).collect()
}

/// Units of an asset, as whole ones, exactly.
fn amount(units: i128, asset: Asset) -> String {
    let decimals = decimals(asset);
    let sign = if units < 0 { "-" } else { "" };
    let scale = 10_u128.pow(decimals);
    let size = units.unsigned_abs();
    let width = usize::try_from(decimals).expect("a few");
    format!("{sign}{}.{:0width$}", size / scale, size % scale)
}

const fn decimals(asset: Asset) -> u32 {
    match asset {
        Asset::Uakt | Asset::Uact => 6,
        Asset::Icp => 8,
    }
}

pub(super) const fn commodity(asset: Asset) -> &'static str {
    match asset {
        Asset::Uakt => "AKT",
        Asset::Uact => "ACT",
        Asset::Icp => "ICP",
    }
}

/// As both journals name it.
pub(super) fn name(account: &Account) -> String {
    match account {
        Account::Outside => "Equity:Outside".into(),
        Account::Unallocated => "Assets:Unallocated".into(),
        Account::Budget(budget) => format!("Assets:Budget:B-{budget}"),
        Account::Escrow(budget, dseq) => format!("Assets:Escrow:B-{budget}:{dseq}"),
        Account::Spent(budget) => format!("Expenses:Spent:B-{budget}"),
        Account::Gas(budget) => format!("Expenses:Gas:B-{budget}"),
        Account::OwnGas(budget) => format!("Expenses:OwnGas:B-{budget}"),
        Account::Suspense => "Equity:Suspense".into(),
        Account::SnsTreasury => "Equity:SnsTreasury".into(),
        Account::Makers => "Equity:Makers".into(),
        Account::Reserve(nonce) => format!("Assets:Reserve:{nonce}"),
        Account::Collateral(maker) => match Principal::try_from_slice(maker) {
            Ok(maker) => format!("Assets:Collateral:P-{maker}"),
            Err(_) => format!("Assets:Collateral:X-{}", hex::encode(maker)),
        },
        Account::Payable(fill) => format!("Assets:Payable:{fill}"),
        Account::Fill(fill) => format!("Assets:Fill:{fill}"),
        Account::Staging(fill) => format!("Assets:Staging:{fill}"),
        Account::Minting(mint) => format!("Assets:Minting:{mint}"),
        Account::Bme => "Equity:Bme".into(),
        Account::LedgerFees => "Expenses:LedgerFees".into(),
        Account::Kept => "Assets:Kept".into(),
    }
}

/// Every account that an entry names, in every asset, with what is in it at the end.
fn balances(audited: &Audited) -> BTreeMap<(String, Asset), i128> {
    let mut balances = BTreeMap::new();
    for block in &audited.blocks {
        for posting in block.entries.iter().flat_map(|entry| &entry.postings) {
            let key = (name(&posting.account), posting.asset);
            balances.entry(key).or_insert(0);
        }
    }
    // What is in them is what the books say, not another sum of the same postings: the tools add up
    // for themselves.
    for (account, asset, amount) in audited.state.book.balances() {
        balances.insert((name(account), asset), amount);
    }
    balances
}

fn put(text: &mut String, line: &str) {
    text.push_str(line);
    text.push('\n');
}

fn hledger(audited: &Audited) -> String {
    let mut text = String::new();
    put(&mut text, "; Books of the treasury, from its audit log.");
    for asset in [Asset::Icp, Asset::Uakt, Asset::Uact] {
        let one = 10_i128.pow(decimals(asset));
        let line = format!(
            "commodity {} {}",
            amount(1000 * one, asset),
            commodity(asset)
        );
        put(&mut text, &line);
    }
    for booked in entries(audited) {
        let line = format!("\n{} * ({}) {}", booked.day(), booked.number, booked.why());
        put(&mut text, &line);
        for (name, value) in booked.facts() {
            put(&mut text, &format!("    ; {name}: {value}"));
        }
        for posting in &booked.entry.postings {
            let line = format!(
                "    {}  {} {}",
                name(&posting.account),
                amount(posting.amount, posting.asset),
                commodity(posting.asset)
            );
            put(&mut text, &line);
        }
    }
    let Some(last) = audited.blocks.last() else {
        return text;
    };
    let balances = balances(audited);
    if !balances.is_empty() {
        put(&mut text, &format!("\n{} * balances", day(last.at)));
        for ((account, asset), units) in balances {
            let line = format!(
                "    {account}  0 {commodity} = {} {commodity}",
                amount(units, asset),
                commodity = commodity(asset)
            );
            put(&mut text, &line);
        }
    }
    text
}

fn beancount(audited: &Audited) -> String {
    let quoted = |text: &str| {
        let text = text.replace('\\', "\\\\").replace('"', "\\\"");
        format!("\"{text}\"")
    };
    let mut text = String::new();
    put(&mut text, "; Books of the treasury, from its audit log.");
    put(&mut text, "option \"title\" \"Treasury\"");
    for asset in Asset::ALL {
        // The last unit is exact: no difference is tolerated.
        let line = format!(
            "option \"inferred_tolerance_default\" \"{}:0\"",
            commodity(asset)
        );
        put(&mut text, &line);
    }
    let mut opened = BTreeSet::new();
    for booked in entries(audited) {
        let day = booked.day();
        text.push('\n');
        for posting in &booked.entry.postings {
            let account = name(&posting.account);
            if opened.insert(account.clone()) {
                put(&mut text, &format!("{day} open {account}"));
            }
        }
        put(&mut text, &format!("{day} * {}", quoted(&booked.why())));
        put(
            &mut text,
            &format!("  entry: {}", quoted(&booked.number.to_string())),
        );
        for (name, value) in booked.facts() {
            put(&mut text, &format!("  {name}: {}", quoted(&value)));
        }
        for posting in &booked.entry.postings {
            let line = format!(
                "  {}  {} {}",
                name(&posting.account),
                amount(posting.amount, posting.asset),
                commodity(posting.asset)
            );
            put(&mut text, &line);
        }
    }
    let Some(last) = audited.blocks.last() else {
        return text;
    };
    // A balance is that of the beginning of a day.
    let day = day(last.at.saturating_add(DAY));
    text.push('\n');
    for ((account, asset), units) in balances(audited) {
        if opened.contains(&account) {
            let line = format!(
                "{day} balance {account}  {} ~ 0 {}",
                amount(units, asset),
                commodity(asset)
            );
            put(&mut text, &line);
        }
    }
    text
}

fn csv(audited: &Audited) -> String {
    let field = |text: &str| {
        if text.contains([',', '"', '\n', '\r']) {
            format!("\"{}\"", text.replace('"', "\"\""))
        } else {
            text.to_string()
        }
    };
    let head = "entry,block,time,why,nonce,payload_hash,tx_hash,height,account,asset,amount";
    let mut text = format!("{head}\r\n");
    for booked in entries(audited) {
        let facts: BTreeMap<&str, String> = booked.facts().into_iter().collect();
        let fact = |name: &str| facts.get(name).cloned().unwrap_or_default();
        for posting in &booked.entry.postings {
            let row = [
                booked.number.to_string(),
                fact("block"),
                fact("time"),
                booked.entry.why.clone(),
                fact("nonce"),
                fact("payload_hash"),
                fact("tx_hash"),
                fact("height"),
                posting.account.to_string(),
                commodity(posting.asset).to_string(),
                amount(posting.amount, posting.asset),
            ];
            let row: Vec<String> = row.iter().map(|text| field(text)).collect();
            write!(text, "{}\r\n", row.join(",")).expect("no write fails in memory");
        }
    }
    text
}

fn json(audited: &Audited) -> String {
    let entries: Vec<serde_json::Value> = entries(audited)
        .map(|booked| {
            let mut entry = serde_json::Map::new();
            entry.insert("entry".into(), booked.number.to_string().into());
            entry.insert("why".into(), booked.entry.why.clone().into());
            for (name, value) in booked.facts() {
                entry.insert(name.into(), value.into());
            }
            let postings = booked.entry.postings.iter().map(|posting| {
                serde_json::json!({
                    "account": posting.account.to_string(),
                    "asset": commodity(posting.asset),
                    "amount": amount(posting.amount, posting.asset),
                })
            });
            entry.insert("postings".into(), postings.collect());
            entry.into()
        })
        .collect();
    serde_json::to_string_pretty(&entries).expect("texts alone") + "\n"
}
