// Independent encoders, decoders and verifiers, asked by our tests: one JSON request a line on
// standard input, one JSON answer a line on standard output, in the same order.
//
// Two libraries that share no code with us: @akashnetwork/chain-sdk for what is Akash's, and
// cosmjs-types with @cosmjs/* for what is the Cosmos SDK's. Where both know a message, both are
// asked, and an answer is given only when they agree.

import { readFileSync, readdirSync } from "node:fs";
import { createInterface } from "node:readline";
import { createRequire } from "node:module";
import path from "node:path";
import * as amino from "@cosmjs/amino";
import * as signing from "@cosmjs/proto-signing";
import { Secp256k1, Secp256k1Signature, sha256 } from "@cosmjs/crypto";
import { toBech32 } from "@cosmjs/encoding";
import {
  JwtTokenManager,
  JwtValidator,
  generateManifest,
  generateManifestVersion,
  manifestToSortedJSON,
  validateSDL,
  yaml,
} from "@akashnetwork/chain-sdk";

const require = createRequire(import.meta.url);
const here = path.dirname(new URL(import.meta.url).pathname);

// --- the two registries -------------------------------------------------------------------------

const akash = new Map();
const generated = path.join(here, "node_modules/@akashnetwork/chain-sdk/dist/esm/generated/protos");
for (const file of readdirSync(generated).filter((name) => /^index\..*\.js$/.test(name))) {
  const name = file.slice("index.".length, -".js".length);
  const module = await import(`@akashnetwork/chain-sdk/private-types/${name}`);
  for (const codec of Object.values(module)) {
    if (codec?.$type) akash.set(codec.$type, codec);
  }
}

// The package writes lists of enums one by one, field by field; Go, and so the chain and we, write
// them packed into one field. Both are read by both. Here they are written as Go does.
for (const [type, field, number] of [
  ["akash.base.deposit.v1.Deposit", "sources", 5],
  ["akash.escrow.v1.DepositAuthorization", "scopes", 2],
]) {
  const codec = akash.get(type);
  const { encode, fromPartial } = codec;
  codec.encode = (message, writer) => {
    const list = message[field];
    if (list.length === 0) return encode(message, writer);
    // Fields below the list's, the list, fields above it.
    const parts = fieldsOf(encode(fromPartial(message)).finish());
    const write = (wanted, into) => parts.filter(([n]) => wanted(n)).forEach(([, b]) => into.push(b));
    const bytes = [];
    write((n) => n < number, bytes);
    bytes.push(Uint8Array.from([(number << 3) | 2, list.length, ...list]));
    write((n) => n > number, bytes);
    return raw(bytes, writer);
  };
}

/** Top-level fields of a message whose numbers are below 16: number and bytes. */
function fieldsOf(bytes) {
  const fields = [];
  let at = 0;
  const varint = () => {
    let value = 0;
    for (let shift = 0; ; shift += 7) {
      const byte = bytes[at++];
      if (byte === undefined) throw new Error("cut short");
      if (shift < 28) value |= (byte & 127) << shift;
      if (byte < 128) return value;
    }
  };
  while (at < bytes.length) {
    const start = at;
    const tag = varint();
    const rest = varint();
    if ((tag & 7) === 2) at += rest;
    else if ((tag & 7) !== 0) throw new Error(`wire type ${tag & 7}`);
    fields.push([tag >> 3, bytes.slice(start, at)]);
  }
  return fields;
}

/** Writes bytes as they are. */
function raw(parts, writer) {
  const bytes = Buffer.concat(parts);
  if (!writer) return { finish: () => new Uint8Array(bytes) };
  return writer.raw(new Uint8Array(bytes));
}

const cosmos = new Map();
for (const name of [
  "cosmos/auth/v1beta1/auth",
  "cosmos/authz/v1beta1/authz",
  "cosmos/authz/v1beta1/tx",
  "cosmos/bank/v1beta1/tx",
  "cosmos/base/v1beta1/coin",
  "cosmos/crypto/secp256k1/keys",
  "cosmos/feegrant/v1beta1/feegrant",
  "cosmos/feegrant/v1beta1/tx",
  "cosmos/tx/v1beta1/tx",
  "cosmos/vesting/v1beta1/vesting",
  "google/protobuf/any",
  "google/protobuf/timestamp",
  "tendermint/types/types",
  "tendermint/types/validator",
]) {
  const module = require(`cosmjs-types/${name}`);
  for (const codec of Object.values(module)) {
    if (codec?.typeUrl) cosmos.set(codec.typeUrl.slice(1), codec);
  }
}
const of = (registry, name) => {
  const codec = registry.get(name);
  if (!codec) throw new Error(`no codec for ${name}`);
  return codec;
};

const fromHex = (text) => new Uint8Array(Buffer.from(text, "hex"));
const toHex = (bytes) => Buffer.from(bytes).toString("hex");
const fromBase64 = (text) => new Uint8Array(Buffer.from(text, "base64"));

// --- messages -----------------------------------------------------------------------------------

// Fields that are younger than the package, the last of their message: their bytes are handed on as
// they are, and their content is asked about apart.
const LATER = new Map([
  ["akash.deployment.v1beta4.MsgCreateDeployment", 5],
  ["akash.escrow.v1.DepositAuthorization", 3],
]);

/** What bytes of a type say, as proto JSON; what an Any carries is opened. */
function decode(type, bytes) {
  const codec = of(akash, type);
  const parts = fieldsOf(bytes);
  const later = LATER.has(type) ? parts.filter(([number]) => number === LATER.get(type)) : [];
  const known = later.length === 0 ? bytes : bytes.slice(0, bytes.length - lengthOf(later));
  const message = codec.decode(known);
  const again = codec.encode(message).finish();
  agree(type, known, again, "chain-sdk reads, and writes again");
  const other = cosmos.get(type);
  if (other) agree(type, bytes, other.encode(other.decode(bytes)).finish(), "cosmjs");
  const json = open(codec.toJSON(message));
  if (later.length > 0) json.later = later.map(([, field]) => toHex(field));
  return json;
}

/** Bytes of what proto JSON says. */
function encode(type, { later, ...json }) {
  const codec = of(akash, type);
  const bytes = codec.encode(codec.fromJSON(close(json))).finish();
  const other = cosmos.get(type);
  if (other) agree(type, bytes, other.encode(other.decode(bytes)).finish(), "cosmjs");
  return Buffer.concat([bytes, ...(later ?? []).map(fromHex)]);
}

const lengthOf = (parts) => parts.reduce((sum, [, bytes]) => sum + bytes.length, 0);

function agree(type, expected, got, who) {
  if (toHex(expected) !== toHex(got)) {
    throw new Error(`${type}: ${who}: expected ${toHex(expected)}, got ${toHex(got)}`);
  }
}

function open(json) {
  if (Array.isArray(json)) return json.map(open);
  if (json === null || typeof json !== "object") return json;
  if (typeof json.type_url === "string") {
    const inner = decode(json.type_url.slice(1), fromBase64(json.value ?? ""));
    return { "@type": json.type_url, ...inner };
  }
  return Object.fromEntries(Object.entries(json).map(([key, value]) => [key, open(value)]));
}

function close(json) {
  if (Array.isArray(json)) return json.map(close);
  if (json === null || typeof json !== "object") return json;
  if ("@type" in json) {
    const { "@type": url, ...inner } = json;
    const value = Buffer.from(encode(url.slice(1), inner)).toString("base64");
    return { type_url: url, value };
  }
  return Object.fromEntries(Object.entries(json).map(([key, value]) => [key, close(value)]));
}

// --- transactions -------------------------------------------------------------------------------

const KEY = "/cosmos.crypto.secp256k1.PubKey";
const { TxRaw, TxBody, AuthInfo } = require("cosmjs-types/cosmos/tx/v1beta1/tx");
const { PubKey } = require("cosmjs-types/cosmos/crypto/secp256k1/keys");

function decodeTx(bytes) {
  const raw = TxRaw.decode(bytes);
  agree("TxRaw", bytes, TxRaw.encode(raw).finish(), "cosmjs");
  agree("TxRaw", bytes, of(akash, "cosmos.tx.v1beta1.TxRaw").encode(raw).finish(), "chain-sdk");
  const body = TxBody.decode(raw.bodyBytes);
  agree("TxBody", raw.bodyBytes, TxBody.encode(body).finish(), "cosmjs");
  const auth = AuthInfo.decode(raw.authInfoBytes);
  agree("AuthInfo", raw.authInfoBytes, AuthInfo.encode(auth).finish(), "cosmjs");
  if (body.extensionOptions.length || body.nonCriticalExtensionOptions.length || auth.tip) {
    throw new Error("more than we ever write");
  }
  return {
    messages: body.messages.map((any) => ({
      "@type": any.typeUrl,
      ...decode(any.typeUrl.slice(1), any.value),
    })),
    memo: body.memo,
    timeout_height: `${body.timeoutHeight}`,
    unordered: body.unordered,
    timeout: body.timeoutTimestamp
      ? { seconds: `${body.timeoutTimestamp.seconds}`, nanos: body.timeoutTimestamp.nanos }
      : null,
    signers: auth.signerInfos.map((info) => {
      if (info.publicKey?.typeUrl !== KEY) throw new Error(`key ${info.publicKey?.typeUrl}`);
      return {
        public_key: toHex(PubKey.decode(info.publicKey.value).key),
        mode: info.modeInfo?.single?.mode,
        sequence: `${info.sequence}`,
      };
    }),
    fee: {
      amount: auth.fee.amount,
      gas: `${auth.fee.gasLimit}`,
      payer: auth.fee.payer,
      granter: auth.fee.granter,
    },
    signatures: raw.signatures.map(toHex),
  };
}

/** Body and auth info of what `decodeTx` gives. */
function parts(tx) {
  const body = TxBody.fromPartial({
    messages: tx.messages.map(({ "@type": url, ...json }) => ({
      typeUrl: url,
      value: encode(url.slice(1), json),
    })),
    memo: tx.memo,
    timeoutHeight: BigInt(tx.timeout_height),
    unordered: tx.unordered,
    timeoutTimestamp: tx.timeout
      ? { seconds: BigInt(tx.timeout.seconds), nanos: tx.timeout.nanos }
      : undefined,
  });
  const auth = AuthInfo.fromPartial({
    signerInfos: tx.signers.map((signer) => ({
      publicKey: {
        typeUrl: KEY,
        value: PubKey.encode(PubKey.fromPartial({ key: fromHex(signer.public_key) })).finish(),
      },
      modeInfo: { single: { mode: signer.mode } },
      sequence: BigInt(signer.sequence),
    })),
    fee: {
      amount: tx.fee.amount,
      gasLimit: BigInt(tx.fee.gas),
      payer: tx.fee.payer,
      granter: tx.fee.granter,
    },
  });
  return {
    bodyBytes: TxBody.encode(body).finish(),
    authInfoBytes: AuthInfo.encode(auth).finish(),
  };
}

function signBytes(raw, chain, account) {
  const document = signing.makeSignDoc(raw.bodyBytes, raw.authInfoBytes, chain, Number(account));
  return signing.makeSignBytes(document);
}

async function verified(key, message, signature) {
  const fixed = Secp256k1Signature.fromFixedLength(signature);
  return Secp256k1.verifySignature(fixed, sha256(message), key);
}

// --- tokens -------------------------------------------------------------------------------------

/** A signer of the account's key for `JwtTokenManager`: ES256K, or what browser wallets do. */
async function tokens(key, claims, algorithm) {
  const wallet = await amino.Secp256k1Wallet.fromKey(key, "akash");
  if (algorithm === "ES256KADR36") return new JwtTokenManager(wallet).generateToken(claims);
  const signer = {
    algorithm: "ES256K",
    async signArbitrary(_, data) {
      const digest = sha256(Buffer.from(data));
      const signature = await Secp256k1.createSignature(digest, key);
      const fixed = new Uint8Array([...signature.r(32), ...signature.s(32)]);
      return { signature: Buffer.from(fixed).toString("base64") };
    },
  };
  return new JwtTokenManager(signer).generateToken(claims);
}

// --- SDL ----------------------------------------------------------------------------------------

async function sdl(text) {
  let input;
  try {
    input = yaml([text]);
  } catch (error) {
    return { errors: [`YAML: ${error.message}`] };
  }
  const errors = validateSDL(input);
  if (errors) return { errors: errors.map((error) => error.message ?? JSON.stringify(error)) };
  const made = generateManifest(input);
  if (!made.ok) return { errors: made.value.map((error) => error.message) };
  const { groups, groupSpecs, reclamation } = made.value;
  const spec = of(akash, "akash.deployment.v1beta4.GroupSpec");
  return {
    groups: groupSpecs.map((group) => toHex(spec.encode(group).finish())),
    manifest: manifestToSortedJSON(groups),
    hash: toHex(await generateManifestVersion(groups)),
    reclamation: reclamation ? `${reclamation.minWindow?.seconds ?? ""}` : null,
  };
}

// --- random cases -------------------------------------------------------------------------------

/** Numbers from a seed. Source: splitmix64. */
function dice(seed) {
  let state = BigInt(seed);
  const mask = (1n << 64n) - 1n;
  const next = () => {
    state = (state + 0x9e3779b97f4a7c15n) & mask;
    let n = state;
    n = ((n ^ (n >> 30n)) * 0xbf58476d1ce4e5b9n) & mask;
    n = ((n ^ (n >> 27n)) * 0x94d049bb133111ebn) & mask;
    return n ^ (n >> 31n);
  };
  const below = (n) => Number(next() % BigInt(n));
  /** Of any size, each number of bits as likely as the others. */
  const big = (bits) => next() >> BigInt(64 - 1 - below(bits));
  return {
    below,
    pick: (list) => list[below(list.length)],
    list: (max, make) => Array.from({ length: below(max + 1) }, make),
    // The package counts with signed numbers.
    u64: () => `${big(63)}`,
    i64: () => `${big(63)}`,
    u32: () => Number(big(32)),
    bytes: (length) => Buffer.from(Array.from({ length }, () => below(256))),
  };
}

const generators = (d) => {
  const address = () => toBech32("akash", d.bytes(20));
  const denom = () => d.pick(["uakt", "uact"]);
  const coin = () => ({ denom: denom(), amount: d.u64() });
  // The scaled form has 18 digits more; whole and broken amounts.
  const decimal = () => d.pick([d.u64(), `${d.below(9999)}.${1 + d.below(999)}5`, "0"]);
  const decCoin = () => ({ denom: denom(), amount: decimal() });
  const word = () => d.pick(["a", "region", "host", "capabilities/gpu/vendor/nvidia/model/*", "é<&>"]);
  const attributes = () => d.list(3, () => ({ key: `${word()}${d.below(9)}`, value: word() }));
  const quantity = () => ({ val: Buffer.from(d.u64()).toString("base64") });
  const deployment = () => ({ owner: address(), dseq: d.u64() });
  const group = () => ({ ...deployment(), gseq: d.u32() });
  const order = () => ({ ...group(), oseq: d.u32() });
  const bid = () => ({ ...order(), provider: address(), bseq: d.u32() });
  const deposit = () => ({ amount: coin(), sources: d.pick([["balance"], ["grant"], ["balance", "grant"]]) });
  const kind = () => d.pick(["SHARED_HTTP", "RANDOM_PORT", "LEASED_IP"]);
  const resources = () => ({
    id: d.u32(),
    cpu: { units: quantity(), attributes: attributes() },
    memory: { quantity: quantity(), attributes: attributes() },
    storage: d.list(3, () => ({ name: word(), quantity: quantity(), attributes: attributes() })),
    gpu: { units: quantity(), attributes: attributes() },
    endpoints: d.list(3, () => ({ kind: kind(), sequence_number: d.u32() })),
  });
  const spec = () => ({
    name: word(),
    requirements: {
      signed_by: { all_of: d.list(2, address), any_of: d.list(2, address) },
      attributes: attributes(),
    },
    resources: d.list(2, () => ({ resource: resources(), count: d.u32(), price: decCoin() })),
  });
  const escrowState = () => d.pick(["open", "closed", "overdrawn"]);
  const scope = () => d.pick(["deployment", "bid"]);
  const burn = () => ({ owner: address(), to: address(), coins_to_burn: coin() });
  const ledger = () => ({
    denom: denom(),
    to_denom: denom(),
    source: address(),
    height: d.i64(),
    sequence: d.i64(),
  });
  const priced = () => ({ coin: coin(), price: decimal() });
  const hash = () => d.bytes(32).toString("base64");
  const reason = () =>
    d.pick(["lease_closed_owner", "lease_closed_reason_unstable", "lease_closed_reason_insufficient_funds"]);
  return {
    "cosmos.bank.v1beta1.MsgSend": () => ({
      from_address: address(),
      to_address: address(),
      amount: d.list(2, coin),
    }),
    "akash.deployment.v1beta4.MsgCreateDeployment": () => ({
      id: deployment(),
      groups: d.list(2, spec),
      hash: hash(),
      deposit: deposit(),
    }),
    "akash.deployment.v1beta4.MsgUpdateDeployment": () => ({ id: deployment(), hash: hash() }),
    "akash.deployment.v1beta4.MsgCloseDeployment": () => ({ id: deployment() }),
    "akash.market.v1beta5.MsgCreateBid": () => ({
      id: bid(),
      price: decCoin(),
      deposit: deposit(),
      resources_offer: d.list(2, () => ({ resources: resources(), count: d.u32() })),
    }),
    "akash.market.v1beta5.MsgCloseBid": () => ({ id: bid(), reason: reason() }),
    "akash.market.v1beta5.MsgCreateLease": () => ({ bid_id: bid() }),
    "akash.market.v1beta5.MsgCloseLease": () => ({ id: bid() }),
    "akash.market.v1beta5.MsgWithdrawLease": () => ({ id: bid() }),
    "akash.escrow.v1.MsgAccountDeposit": () => ({
      signer: address(),
      id: { scope: scope(), xid: `${address()}/${d.u64()}` },
      deposit: deposit(),
    }),
    "akash.escrow.v1.DepositAuthorization": () => ({
      spend_limit: coin(),
      scopes: d.pick([["deployment"], ["bid"], ["deployment", "bid"]]),
    }),
    "akash.bme.v1.MsgMintACT": burn,
    "akash.bme.v1.MsgBurnACT": burn,
    "akash.deployment.v1.Deployment": () => ({
      id: deployment(),
      state: d.pick(["active", "closed"]),
      hash: hash(),
      created_at: d.i64(),
    }),
    "akash.deployment.v1beta4.Group": () => ({
      id: group(),
      state: d.pick(["open", "paused", "insufficient_funds", "closed"]),
      group_spec: spec(),
      created_at: d.i64(),
    }),
    "akash.market.v1beta5.Order": () => ({
      id: order(),
      state: d.pick(["open", "active", "closed"]),
      spec: spec(),
      created_at: d.i64(),
    }),
    "akash.market.v1beta5.Bid": () => ({
      id: bid(),
      state: d.pick(["open", "active", "lost", "closed"]),
      price: decCoin(),
      created_at: d.i64(),
    }),
    "akash.market.v1.Lease": () => ({
      id: bid(),
      state: d.pick(["active", "insufficient_funds", "closed"]),
      price: decCoin(),
      created_at: d.i64(),
      closed_on: d.i64(),
      reason: reason(),
    }),
    "akash.escrow.types.v1.AccountState": () => ({
      owner: address(),
      state: escrowState(),
      transferred: d.list(2, decCoin),
      settled_at: d.i64(),
      funds: d.list(2, () => ({ denom: denom(), amount: decimal() })),
      deposits: d.list(3, () => ({
        owner: address(),
        height: d.i64(),
        source: d.pick(["balance", "grant"]),
        balance: decCoin(),
      })),
    }),
    "akash.escrow.types.v1.PaymentState": () => ({
      owner: address(),
      state: escrowState(),
      rate: decCoin(),
      balance: decCoin(),
      unsettled: decCoin(),
      withdrawn: coin(),
    }),
    "akash.bme.v1.LedgerPendingRecord": () => ({
      owner: address(),
      to: address(),
      coins_to_burn: coin(),
      denom_to_mint: denom(),
    }),
    "akash.bme.v1.LedgerRecord": () => ({
      burned_from: address(),
      minted_to: address(),
      burner: "bme",
      minter: "bme",
      burned: priced(),
      minted: priced(),
    }),
    "akash.bme.v1.LedgerRecordID": ledger,
    "cosmos.auth.v1beta1.BaseAccount": () => ({
      address: address(),
      pub_key: { "@type": KEY, key: d.bytes(33).toString("base64") },
      // cosmjs-types 0.11.0 writes numbers from 2^31 to 2^32 - 1 wrong: none of them here.
      account_number: `${d.below(2 ** 31)}`,
      sequence: `${2 ** 32 + d.below(2 ** 31)}`,
    }),
    "akash.provider.v1beta4.Provider": () => ({
      owner: address(),
      host_uri: `https://provider-${d.below(999)}.example.org:8443`,
      attributes: attributes(),
      info: { email: word(), website: word() },
    }),
  };
};

function random(seed, count) {
  const d = dice(seed);
  const all = Object.entries(generators(d));
  return Array.from({ length: count }, (_, index) => {
    const [type, make] = all[index % all.length];
    const json = JSON.parse(JSON.stringify(make()));
    return { type, json, hex: toHex(encode(type, json)) };
  });
}

// --- requests -----------------------------------------------------------------------------------

const installed = (name) =>
  JSON.parse(readFileSync(path.join(here, "node_modules", name, "package.json"), "utf8")).version;

const operations = {
  versions: () => ({
    node: process.version,
    "chain-sdk": installed("@akashnetwork/chain-sdk"),
    cosmjs: installed("@cosmjs/proto-signing"),
    "cosmjs-types": installed("cosmjs-types"),
  }),
  types: () => [...akash.keys()],
  decode: ({ type, hex }) => decode(type, fromHex(hex)),
  encode: ({ type, json }) => toHex(encode(type, json)),
  decode_tx: ({ hex }) => decodeTx(fromHex(hex)),
  encode_tx: ({ tx }) => {
    const made = TxRaw.fromPartial({ ...parts(tx), signatures: tx.signatures.map(fromHex) });
    return toHex(TxRaw.encode(made).finish());
  },
  digest: ({ hex, chain, account }) =>
    toHex(sha256(signBytes(TxRaw.decode(fromHex(hex)), chain, account))),
  /** Whether a transaction's one signature is its signer's. */
  verify_tx: async ({ hex, chain, account }) => {
    const raw = TxRaw.decode(fromHex(hex));
    const auth = AuthInfo.decode(raw.authInfoBytes);
    const key = PubKey.decode(auth.signerInfos[0].publicKey.value).key;
    return verified(key, signBytes(raw, chain, account), raw.signatures[0]);
  },
  /** A transaction that cosmjs signs. */
  sign_tx: async ({ key, tx, chain, account }) => {
    const wallet = await signing.DirectSecp256k1Wallet.fromKey(fromHex(key), "akash");
    const [{ address, pubkey }] = await wallet.getAccounts();
    const made = parts({ ...tx, signers: [{ ...tx.signers[0], public_key: toHex(pubkey) }] });
    const document = signing.makeSignDoc(made.bodyBytes, made.authInfoBytes, chain, Number(account));
    const { signature, signed } = await wallet.signDirect(address, document);
    const { bodyBytes, authInfoBytes } = signed;
    const bytes = Buffer.from(signature.signature, "base64");
    const raw = TxRaw.fromPartial({ bodyBytes, authInfoBytes, signatures: [bytes] });
    return { hex: toHex(TxRaw.encode(raw).finish()), address, public_key: toHex(pubkey) };
  },
  address: ({ public_key }) =>
    toBech32("akash", amino.rawSecp256k1PubkeyToRawAddress(fromHex(public_key))),
  jwt_validate: ({ token }) => {
    const { isValid, errors } = new JwtValidator().validateToken(token);
    return { valid: isValid, errors };
  },
  /** Whether the account's key signed a token of algorithm ES256K. */
  jwt_verify: async ({ token, public_key }) => {
    const [header, claims, signature] = token.split(".");
    const bytes = new Uint8Array(Buffer.from(signature, "base64url"));
    return verified(fromHex(public_key), Buffer.from(`${header}.${claims}`), bytes);
  },
  jwt_sign: ({ key, claims, algorithm }) => tokens(fromHex(key), claims, algorithm),
  sdl: ({ text }) => sdl(text),
  random: ({ seed, count }) => random(seed, count),
};

for await (const line of createInterface({ input: process.stdin })) {
  let answer;
  try {
    const { op, ...rest } = JSON.parse(line);
    if (!Object.hasOwn(operations, op)) throw new Error(`no operation ${op}`);
    answer = { ok: await operations[op](rest) };
  } catch (error) {
    answer = { error: `${error?.message ?? error}` };
  }
  const text = JSON.stringify(answer, (_, value) => (typeof value === "bigint" ? `${value}` : value));
  process.stdout.write(`${text}\n`);
}
