import { findNodeAtLocation } from "jsonc-parser";
import { z } from "zod";
import { DAY_MS } from "../../ledger/durations.ts";
import { type ErrorCode, LedgerError } from "../../ledger/errors.ts";
import type { AccessGrant, GatewayAccess, GrantedModels, QuotaRule } from "../../ledger/gateway/gateway-access.ts";
import { textMap } from "../../ledger/names/written-map.ts";
import { unwrapConfig } from "./gateway-config.ts";
import { type HuJsonPath, parseHuJson, parseHuJsonTree, placeFinder, placeIn, valueOf } from "./hujson.ts";
import { dollarsText, rateText } from "./quota-amounts.ts";

const CAPABILITY = "tailscale.com/cap/aperture";

/** Further members of a grant, for example a chain of overdrafts, are accepted and ignored. */
const entry = z.object({
  role: z.string().nullish(),
  models: z.union([z.string(), z.array(z.string())]).nullish(),
  providers: z.array(z.object({ provider: z.string().default("*"), model: z.string().default("*") })).nullish(),
  quotas: z.array(z.object({ bucket: z.string().optional() })).nullish(),
});
type Entry = z.infer<typeof entry>;
const sources = z.array(z.string()).nullish();
const grant = z.object({ src: sources, app: z.object({ [CAPABILITY]: z.array(entry) }) });
const olderGrant = z.object({ src: sources, grants: z.array(entry).nullish() });
const quota = z.object({ capacity: dollarsText, rate: rateText.nullish() });

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
        const { src, grants: entries } = check(reading, olderGrant, one, ["temp_grants", index]);
        return describeGrant(reading, ["temp_grants", index], "", src, entries);
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
    const { src, app } = check(reading, grant, one, ["grants", index]);
    return [describeGrant(reading, ["grants", index], origin, src, app[CAPABILITY])];
  });
}

function describeGrant({ placeOf }: Reading, path: [string, number], origin: string, src: readonly string[] | null | undefined, entries: readonly Entry[] | null | undefined): AccessGrant {
  const all = entries ?? [];
  // A bucket beside the models, instead of inside one, is charged for all models of the grant.
  const forAll = all.filter((one) => patternsOf(one).length === 0).flatMap(bucketsOf);
  return {
    origin: `${origin}${path[0]}[${String(path[1])}]`,
    place: placeOf(path),
    src: src ?? [],
    roles: all.flatMap(({ role }) => role ?? []),
    models: all.flatMap((one): GrantedModels[] => {
      const buckets = [...new Set([...bucketsOf(one), ...forAll])];
      return patternsOf(one).map((pattern) => ({ pattern, buckets }));
    }),
  };
}

function patternsOf({ models, providers }: Entry): string[] {
  const named = typeof models === "string" ? [models] : (models ?? []);
  return [...named, ...(providers ?? []).map(({ provider, model }) => `${provider}/${model}`)];
}

function bucketsOf({ quotas }: Entry): string[] {
  return (quotas ?? []).flatMap(({ bucket }) => bucket ?? []);
}

/** Reads the syntax tree, which keeps a name that is written twice. */
function readQuotas(reading: Reading): QuotaRule[] {
  const tree = parseHuJsonTree(reading.text);
  const node = tree && findNodeAtLocation(tree, ["quotas"]);
  return (node?.children ?? []).flatMap(({ children: [key, value] = [] }): QuotaRule[] => {
    if (key === undefined || value === undefined) return [];
    const name = String(key.value);
    const { capacity, rate } = check(reading, quota, valueOf(value), ["quotas", name]);
    return [{ name, place: placeIn(reading.text, key.offset), capacity, rate: rate ?? NEVER }];
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
