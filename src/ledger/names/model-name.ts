import { isPricedApart } from "./priced-snapshots.ts";

export interface ModelName {
  /** Text before the first `/`: the provider the request was addressed to. */
  prefix: string | null;
  /** Without provider, region, vendor and revision. */
  model: string;
}

const UNKNOWN = "unknown";

/** Resources of clouds: `accounts/fireworks/models/…`, `projects/…/publishers/google/models/…`. */
const RESOURCE_PATH = /^.*(?:^|\/)(?:models|routers)\/(?=[^/])/;

/** Cloudflare's own models: `@cf/meta/llama-3.1-8b-instruct`. */
const NAMESPACE = /^@[^/]+\/(?=[^/])/;

/**
 * Bedrock writes `[region.]vendor.model`. Regions and vendors are open sets, so the shape decides: a vendor is one word of
 * three letters or more, and a letter follows its dot. `gpt-4.1`, `qwen2.5-coder` and `grok-4.20` have no such word in front;
 * in `us.model` the two letters are a region's and there is no vendor.
 */
const BEDROCK_PLACE = /^(?:[a-z]{2,}(?:-[a-z0-9]+)*\.(?=[a-z][a-z0-9]*\.[a-z]))?[a-z][a-z0-9]{2,}\.(?=[a-z])/;

/** `v3`, `v3.2` or `r1` alone is only half a name: the text before it says which model it is a version of. */
const VERSION_ALONE = /^[rv]?\d+(?:\.\d+)*(?:-|$)/;

/** Bedrock's `claude-opus-4-6-v1` has its version before the revision; in `titan-embed-text-v1` the revision is the version. */
const FIRST_BEHIND_VERSION = /(?<=-\d+)-v1$/;

/** Selects a different tariff or context of the same model: `[1m]`, `:free`, `:thinking`. */
const VARIANT = /(?:\[[^[\]]*\]|:[a-z][a-z-]*)$/i;

/** `ft:gpt-4o-2024-08-06:acme::id`: the tuned model is part of the name. */
const FINE_TUNED = "ft:";

const DATE = String.raw`20\d\d(-?)(?:0[1-9]|1[0-2])\1(?:0[1-9]|[12]\d|3[01])`;
/** `-20250929` and `-2025-08-07`; Vertex writes `@20250929`, and `@default` for the current one. */
const DATE_REVISION = new RegExp(`(?:-${DATE}|@20\\d{6}|@default)$`);
/** Bedrock: `-v1:0` or `-v2:0` after a date is a revision of that date. */
const REVISION_OF_DATE = new RegExp(`(-${DATE})-v\\d+(?::\\d+)*(?::\\d+[a-z]*)?$`);
/** Bedrock: version and revision, optionally followed by a context size: `-v1:0`, `-v2:1`, `-v1:0:200k`. */
const NUMBERED = /-v(\d+):(\d+)(?::\d+[a-z]*)?$/;
/** Bedrock: version and revision without the `v`, only after a vendor: `gpt-oss-120b-1:0`, and `rerank-v3-5:0`, where the 5 is not a version of its own. */
const NUMBERED_BY_VENDOR = /(?:(?<!-v\d+)-1)?:\d+(?::\d+[a-z]*)?$/;

/**
 * Splits a recorded model into its parts. One model that several providers serve under several spellings gets one name; two
 * models with different list prices get different names. A part that may belong to the name stays in it.
 * A name that would be empty is `unknown`; the recorded spelling is kept beside it in the usage record.
 */
export function parseModelName(recorded: string): ModelName {
  const name = unescapeName(recorded).trim();
  const slash = name.indexOf("/");
  const prefix = slash > 0 && !name.startsWith("arn:") ? name.slice(0, slash) : null;
  const spelled = withoutProvider(prefix === null ? name : name.slice(slash + 1));
  const unplaced = withoutPlace(spelled);
  return { prefix, model: withoutRevision(unplaced, unplaced !== spelled) || spelled || UNKNOWN };
}

/**
 * A name that was taken from a URL may have `%3A` for `:` and `%2F` for `/`, also escaped twice. Anything that is
 * not an escape of UTF-8 stays unchanged.
 */
export function unescapeName(recorded: string): string {
  return unescapeOnce(unescapeOnce(recorded));
}

function unescapeOnce(text: string): string {
  return text.replaceAll(/(?:%[0-9a-f]{2})+/gi, (escaped) => {
    try {
      return decodeURIComponent(escaped);
    } catch {
      return escaped;
    }
  });
}

/**
 * The provider may be followed by one vendor (`openrouter/anthropic/claude-…`). In a name with more parts, everything after
 * the vendor is the model: `flux/kontext-max/text-to-image` and `flux/kontext-pro/text-to-image` are two models.
 */
function withoutProvider(name: string): string {
  if (name.startsWith("arn:")) return name.slice(name.lastIndexOf("/") + 1);
  const resource = name.replace(RESOURCE_PATH, "").replace(NAMESPACE, "");
  const vendor = resource.indexOf("/");
  const model = resource.slice(vendor + 1);
  return VERSION_ALONE.test(model) ? resource : model;
}

function withoutPlace(spelled: string): string {
  const unplaced = spelled.replace(BEDROCK_PLACE, "");
  if (unplaced === spelled || !VERSION_ALONE.test(unplaced)) return unplaced;
  // The region is removed, the vendor stays: `us.deepseek.r1-v1:0` is `deepseek.r1`.
  const vendor = spelled.slice(0, spelled.length - unplaced.length - 1);
  return `${vendor.slice(vendor.lastIndexOf(".") + 1)}.${unplaced}`;
}

function withoutRevision(name: string, hasVendor: boolean): string {
  const variant = VARIANT.exec(name)?.[0] ?? "";
  const plain = name.slice(0, name.length - variant.length).replace(REVISION_OF_DATE, "$1");
  const revised = plain.replace(NUMBERED, (_, version: string, revision: string) => numberOf(version, revision));
  const dated = hasVendor ? revised.replace(NUMBERED_BY_VENDOR, "").replace(FIRST_BEHIND_VERSION, "") : revised;
  const undated = isPricedApart(dated) || dated.startsWith(FINE_TUNED) ? dated : dated.replace(DATE_REVISION, "");
  return undated === "" ? "" : `${undated}${variant}`;
}

/**
 * On Bedrock every model begins as `-v1:0`, so this version means nothing. Any other version is part of the name:
 * `titan-embed-text-v2:0` has a different price from the first version, and `mistral-7b-instruct-v0:2` is elsewhere called `…-v0.2`.
 */
function numberOf(version: string, revision: string): string {
  if (version === "1") return "";
  return revision === "0" ? `-v${version}` : `-v${version}.${revision}`;
}
