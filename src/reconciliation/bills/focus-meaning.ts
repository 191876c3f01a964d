import type { ChargeType } from "../comparison/bill.ts";
import { billOf, type FocusTexts } from "./focus-providers.ts";

/** What a line of a FOCUS file is for. */
export interface FocusMeaning {
  provider: string;
  /** The model, or the name of anything else that is charged. */
  model: string;
  type: ChargeType;
  /** Number of tokens or searches in one unit of the quantity; null: the quantity counts something else, or its type is unknown. */
  unit: bigint | null;
}

/** The meaning of a line; null if it is not about models. Only usage charges with a model and a type count as usage; all other lines are `other`. */
export function readMeaning(texts: FocusTexts): FocusMeaning | null {
  const provider = billOf(texts);
  if (provider === null) return null;
  const model = modelOf(texts);
  const type = texts.charge.toLowerCase() === "usage" ? typeOf(texts) : undefined;
  if (type === "web_search") return { provider, model: model ?? "web_search", type, unit: isOf(SEARCH_UNIT, texts.unit) ? unitOf(texts.unit) : null };
  if (type === undefined || model === undefined) return { provider, model: nameOf(texts), type: "other", unit: null };
  return { provider, model, type, unit: type !== "all" && isOf(TOKEN_UNIT, texts.unit) ? unitOf(texts.unit) : null };
}

/** The name of an *other* line: the bill's own name, with the category where that is not usage. */
function nameOf({ charge, description, meter, sku, service }: FocusTexts): string {
  const name = description || meter || sku || service || "unknown";
  return charge.toLowerCase() === "usage" || charge === "" ? name : `${charge}: ${name}`;
}

const TOKEN_UNIT = /\btokens?$/i;
const SEARCH_UNIT = /\b(?:searches|search|queries|requests|calls)$/i;

function isOf(kind: RegExp, unit: string): boolean {
  return kind.test(unit.trim());
}

const SCALES: ReadonlyMap<string, bigint> = new Map([["", 1n], ["k", 1000n], ["thousand", 1000n], ["m", 1_000_000n], ["million", 1_000_000n]]);

/** `Tokens`, `1K tokens`, `1M Tokens`, `1,000 tokens`, `Million Tokens`. */
function unitOf(unit: string): bigint | null {
  const match = /^(\d[\d,]*)?\s*(k|m|thousand|million)?\s*[a-z]+$/i.exec(unit.trim());
  if (match === null) return null;
  const scale = SCALES.get((match[2] ?? "").toLowerCase());
  return scale === undefined ? null : BigInt((match[1] ?? "1").replaceAll(",", "")) * scale;
}

/** The first match counts, since tokens written to a cache are input too. */
const TYPES: readonly [RegExp, ChargeType][] = [
  [/\bcache\b.*\b(?:writes?|written|creation|storage)\b.*\b(?:1 ?h(?:ours?)?|one hour)\b|\b1 ?h(?:our)?\b.*\bcache\b.*\b(?:writes?|creation)\b|\bcache creation ephemeral 1h\b/, "cache_write_1h"],
  [/\bcache\b.*\b(?:writes?|written|creation)\b|\b(?:writes?|creation)\b.*\bcache\b/, "cache_write_5m"],
  [/\b(?:cache|cached|cchd|cch|caching)\b/, "cached"],
  [/\b(?:output|outp|opt|completion|completions|reasoning|thinking)\b/, "output"],
  [/\b(?:input|inp|prompt|prompts)\b/, "input"],
];

/** The type of tokens. `all`: tokens whose type no text names, or one amount for a whole model. Undefined: neither tokens nor searches. */
function typeOf(texts: FocusTexts): ChargeType | undefined {
  const told = [texts.tokenType, texts.meter, texts.usageType, texts.details, texts.sku, texts.description].map(toWords);
  const isOfTokens = isOf(TOKEN_UNIT, texts.unit) || told.some((text) => /\btokens?\b/.test(text));
  if (!isOfTokens) {
    if (told.some((text) => /\bweb search(?:es)?\b|\bgrounding\b/.test(text))) return "web_search";
    return texts.model !== "" && !told.some((text) => /\b(?:provisioned|hours?|storage|training|seats?)\b/.test(text)) ? "all" : undefined;
  }
  for (const text of told) {
    const found = TYPES.find(([pattern]) => pattern.test(text));
    if (found !== undefined) return found[1];
  }
  return "all";
}

/** Splits a name into words in lower case: `USE1-Claude4Sonnet-CacheReadInputTokenCount` becomes `use1 claude4 sonnet cache read input token count`. */
function toWords(text: string): string {
  return text
    .replaceAll(/([a-z\d])([A-Z])/g, "$1 $2")
    .replaceAll(/(?<!\d)\.|\.(?!\d)|[^\p{L}\d.]+/gu, " ")
    .toLowerCase()
    .trim();
}

const FAMILY = /\b(claude|chatgpt|gpt|gemini|gemma|llama|mistral|mixtral|codestral|ministral|pixtral|nova|titan|deepseek|grok|qwen|kimi|o[134])(?=[\s\d.]|$)/;
/** Words that follow the name of a model in a meter. */
const NO_NAME =
  /^(?:tokens?|input|inp|output|outp|opt|in|out|text|cache|cached|cchd|cch|caching|read|reads|write|writes|batch|flex|priority|standard|latency|optimized|global|glbl|gl|regional|regnl|rgnl|data|dz|zone|dzone|cross|region|usage|units?|count|requests?|on|demand|long|short|context|predictions?|thinking|reasoning|response|generated|custom|provisioned|model|prompt|mantle|in|the|by|for|from|per|us|eu|ap|amazon|bedrock|edition|anthropic|vertex|azure|openai|google|\d{4})$/;

/** The model in a vendor's column, otherwise the first text that names a family of models. */
function modelOf(texts: FocusTexts): string | undefined {
  if (texts.model !== "") return texts.model;
  const detailed = /"(?:x_)?model(?:_?name|_?id)?"\s*:\s*"([^"]+)"/i.exec(texts.details)?.[1];
  if (detailed !== undefined) return detailed;
  for (const text of [texts.usageType, texts.meter, texts.sku, texts.description, texts.service]) {
    const named = nameModel(toWords(text));
    if (named !== undefined) return named;
  }
  return undefined;
}

function nameModel(words: string): string | undefined {
  const match = FAMILY.exec(words);
  const family = match?.[1];
  if (match === null || family === undefined) return undefined;
  const name: string[] = [family];
  for (const word of words.slice(match.index + family.length).trim().split(" ")) {
    if (word === "" || NO_NAME.test(word)) break;
    name.push(word);
  }
  return name.join("-");
}
