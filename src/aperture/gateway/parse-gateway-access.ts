import { findNodeAtLocation } from "jsonc-parser";
import { z } from "zod";
import { DAY_MS } from "../../ledger/durations.ts";
import { type ErrorCode, LedgerError } from "../../ledger/errors.ts";
import type { AccessGrant, GatewayAccess, GrantedModels, OtherCapability, QuotaRule } from "../../ledger/gateway/gateway-access.ts";
import { textMap } from "../../ledger/names/written-map.ts";
import { unwrapConfig } from "./gateway-config.ts";
import { type HuJsonPath, parseHuJson, parseHuJsonTree, placeFinder, placeIn, valueOf } from "./hujson.ts";
import { overdraftKeys, readCharged, readLenders } from "./overdrafts.ts";
import { dollarsText, rateText } from "./quota-amounts.ts";

const CAPABILITY = "tailscale.com/cap/aperture";

/** The rights that a grant may give besides models. Each is a list of patterns. Any other form is accepted, since the ledger does not judge these rights. */
const OTHERS = ["connectors", "mcp_tools", "mcp_resources", "mcp_templates"] as const;
const others = { connectors: z.unknown().optional(), mcp_tools: z.unknown().optional(), mcp_resources: z.unknown().optional(), mcp_templates: z.unknown().optional() } satisfies Record<(typeof OTHERS)[number], unknown>;

/** Further members of a grant are accepted and ignored. */
const entry = z.object({
  role: z.string().nullish(),
  models: z.union([z.string(), z.array(z.string())]).nullish(),
  providers: z.array(z.object({ provider: z.string().default("*"), model: z.string().default("*") })).nullish(),
  quotas: z.array(z.object({ bucket: z.string().optional(), chain: z.unknown().optional(), ...overdraftKeys })).nullish(),
  ...others,
});
type Entry = z.infer<typeof entry>;
const sources = z.array(z.string()).nullish();
const grant = z.object({ src: sources, srcPosture: sources, app: z.object({ [CAPABILITY]: z.array(entry) }) });
const olderGrant = z.object({ src: sources, srcPosture: sources, grants: z.array(entry).nullish() });
const quota = z.object({ capacity: dollarsText, rate: rateText.nullish(), ...overdraftKeys });

const lists = z.object({ grants: z.array(z.unknown()).nullish(), temp_grants: z.array(z.unknown()).nullish(), quotas: textMap({ value: z.unknown(), repeated: "last counts" }).nullish() });
const concerned = z.object({ app: z.object({ [CAPABILITY]: z.unknown().refine((value) => value !== undefined) }) });

/** The rate of a bucket that is only refilled by hand. */
const NEVER = { amount: 0n, unitMs: DAY_MS };

interface Reading {
  text: string;
  what: string;
  code: ErrorCode;
  placeOf: (path: HuJsonPath) => string;
}

/**
 * Grants and quotas of a gateway's configuration: HuJSON, bare or in the answer of `GET /api/config`; line and column refer to the wrapped
 * text. Throws `gateway_config_invalid` with line and column.
 */
export function parseGatewayAccess(text: string, what: string): GatewayAccess {
  const config = unwrapConfig(text, what);
  const reading: Reading = { text: config.text, what, code: "gateway_config_invalid", placeOf: placeFinder(config.text) };
  const { grants, temp_grants: older } = check(reading, lists, config.value, []);
  return {
    grants: [
      ...readGrants(reading, grants ?? [], ""),
      ...(older ?? []).map((one, index) => {
        const { grants: entries, ...from } = check(reading, olderGrant, one, ["temp_grants", index]);
        return describeGrant(reading, ["temp_grants", index], "", from, entries);
      }),
    ],
    quotas: readQuotas(reading),
  };
}

/**
 * The grants of a tailnet policy file for the gateway, with any `dst`, since only Tailscale knows which node is the
 * gateway. Throws `config_invalid` with line and column.
 */
export function parsePolicyGrants(text: string, what: string): AccessGrant[] {
  const reading: Reading = { text, what, code: "config_invalid", placeOf: placeFinder(text) };
  const { grants } = check(reading, lists.pick({ grants: true }), parseHuJson(text, what, reading.code), []);
  return readGrants(reading, grants ?? [], "policy ");
}

function readGrants(reading: Reading, grants: readonly unknown[], origin: string): AccessGrant[] {
  return grants.flatMap((one, index) => {
    if (!concerned.safeParse(one).success) return [];
    const { app, ...from } = check(reading, grant, one, ["grants", index]);
    return [describeGrant(reading, ["grants", index], origin, from, app[CAPABILITY])];
  });
}

function describeGrant({ placeOf }: Reading, path: [string, number], origin: string, { src, srcPosture }: GrantedTo, entries: readonly Entry[] | null | undefined): AccessGrant {
  const all = entries ?? [];
  // A bucket beside the models, instead of inside one, is charged for all models of the grant.
  const forAll = all.filter((one) => patternsOf(one).length === 0).flatMap(chargedOf);
  const beside = all.flatMap(othersOf);
  const postures = srcPosture ?? [];
  return {
    origin: `${origin}${path[0]}[${String(path[1])}]`,
    place: placeOf(path),
    src: src ?? [],
    roles: all.flatMap(({ role }) => role ?? []),
    models: all.flatMap((one): GrantedModels[] => {
      const charged = [...chargedOf(one), ...forAll];
      const buckets = [...new Set(charged.map(({ bucket }) => bucket))];
      const overdrafts = charged.flatMap(({ overdraft }) => overdraft ?? []);
      return patternsOf(one).map((pattern) => ({ pattern, buckets, ...(overdrafts.length === 0 ? {} : { overdrafts }) }));
    }),
    ...(postures.length === 0 ? {} : { postures }),
    ...(beside.length === 0 ? {} : { others: beside }),
    ...(all.some(({ quotas }) => quotas?.some((written) => readCharged(written) === undefined)) ? { unreadBucket: true } : {}),
  };
}

interface GrantedTo {
  src?: string[] | null | undefined;
  srcPosture?: string[] | null | undefined;
}

function othersOf(one: Entry): OtherCapability[] {
  return OTHERS.flatMap((kind) => {
    const written = one[kind] ?? undefined;
    return written === undefined ? [] : [{ kind, patterns: [written].flat().filter((pattern) => typeof pattern === "string") }];
  });
}

function patternsOf({ models, providers }: Entry): string[] {
  const named = typeof models === "string" ? [models] : (models ?? []);
  return [...named, ...(providers ?? []).map(({ provider, model }) => `${provider}/${model}`)];
}

function chargedOf({ quotas }: Entry) {
  return (quotas ?? []).flatMap((written) => readCharged(written) ?? []);
}

/** Reads the syntax tree, which keeps a name that is written twice. */
function readQuotas(reading: Reading): QuotaRule[] {
  const tree = parseHuJsonTree(reading.text);
  const node = tree && findNodeAtLocation(tree, ["quotas"]);
  return (node?.children ?? []).flatMap(({ children: [key, value] = [] }): QuotaRule[] => {
    if (key === undefined || value === undefined) return [];
    const name = String(key.value);
    const { capacity, rate, ...written } = check(reading, quota, valueOf(value), ["quotas", name]);
    const lenders = readLenders(written);
    return [{ name, place: placeIn(reading.text, key.offset), capacity, rate: rate ?? NEVER, ...(lenders === undefined || lenders?.length === 0 ? {} : { lenders }) }];
  });
}

function check<Shape>({ what, code, placeOf }: Reading, shape: z.ZodType<Shape>, value: unknown, path: HuJsonPath): Shape {
  const parsed = shape.safeParse(value);
  if (parsed.success) return parsed.data;
  const [issue] = parsed.error.issues;
  const at = [...path, ...(issue?.path ?? []).map((part) => (typeof part === "symbol" ? String(part) : part))];
  throw new LedgerError(code, `${what}: ${at.join(".") || "the text"}: ${issue?.message ?? "cannot be read"} at ${placeOf(at)}`, {
    remedy: "correct it where the gateway's settings, or the tailnet policy, are kept",
  });
}
