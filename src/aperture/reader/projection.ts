import { TERMS } from "../../ledger/usage/terms.ts";
import { TOKEN_COLUMNS } from "../../ledger/usage/usage-columns.ts";
import type { CborValue } from "./cbor/cbor-value.ts";
import { ACCOUNT_HEADER, CREDENTIAL_HEADERS, isCredentialHeader, NO_SIGN } from "./credential.ts";
import { type Field, type FieldReading, FieldTable, type OtherKeys } from "./field-table.ts";
import { MOST_TOOLS } from "./recorded-tools.ts";
import { TermScanner } from "./term-scanner.ts";
import { UnknownKeys } from "./unknown-keys.ts";

/** The value of a field that should be a map with wanted fields; anything else is kept as a value. */
export type ProjectedMap<Fields> = Fields | CborValue;

/** A map that was entered for its fields. */
export abstract class EnteredMap {
  /** Distinguishes this from other objects with the same members. */
  get isEntered(): true {
    return true;
  }
}

export class ProjectedIdentity extends EnteredMap {
  login_name: CborValue = undefined;
  stable_node_id: CborValue = undefined;
  tags: CborValue = undefined;
}

const NO_COUNTS: readonly CborValue[] = TOKEN_COLUMNS.map(() => undefined);

export class ProjectedUsage extends EnteredMap {
  /** In the order of `TOKEN_COLUMNS`. */
  readonly counts: CborValue[] = NO_COUNTS.slice();
  unknown: UnknownKeys | undefined = undefined;
}

export class ProjectedCost extends EnteredMap {
  dollars: CborValue = undefined;
  cost_basis: CborValue = undefined;
}

/** The wanted headers, by their names in lower case, and signs of a credential. */
export class ProjectedHeaders extends EnteredMap {
  wanted: Record<string, CborValue> | undefined = undefined;
  credential = NO_SIGN;
  /** Whether there is any header at all. */
  isAny = false;
}

export class ProjectedTool extends EnteredMap {
  name: CborValue = undefined;
  /** The MCP server, as Anthropic's answers name it beside a call. */
  server_name: CborValue = undefined;
}

/** A list of tools; of too many only the first are kept. */
export class ProjectedTools extends EnteredMap {
  items = 0;
  readonly tools: ProjectedTool[] = [];

  /** Receives the names of the next tool. */
  add(): ProjectedTool {
    const tool = new ProjectedTool();
    if (this.tools.length < MOST_TOOLS) this.tools.push(tool);
    return tool;
  }
}

export class ProjectedTerms extends EnteredMap {
  service_tier: CborValue = undefined;
  speed: CborValue = undefined;
  inference_geo: CborValue = undefined;
}

/** The terms in a provider's answer. Its content is not read. */
export class ProjectedAnswer extends EnteredMap {
  service_tier: CborValue = undefined;
  usage: ProjectedMap<ProjectedTerms> = undefined;
  message: ProjectedMap<ProjectedAnswer> = undefined;
  response: ProjectedMap<ProjectedAnswer> = undefined;
}

/** An answer as it went over the wire. */
export class ScannedAnswer extends EnteredMap {
  readonly scanner = new TermScanner();
}

type AnyAnswer = ProjectedMap<ProjectedAnswer | ScannedAnswer>;

export class ProjectedCapture extends EnteredMap {
  requestHeaders: ProjectedMap<ProjectedHeaders> = undefined;
  toolUseData: ProjectedMap<ProjectedTools> = undefined;
  responseBody: AnyAnswer = undefined;
  rawResponseBody: AnyAnswer = undefined;
}

/** The part of a record that accounting needs, of whichever type it is; the other 99 % of the bytes are skipped. */
export class ProjectedRecord extends EnteredMap {
  id: CborValue = undefined;
  ver: CborValue = undefined;
  timestamp: CborValue = undefined;
  identity: ProjectedMap<ProjectedIdentity> = undefined;
  model: CborValue = undefined;
  api_type: CborValue = undefined;
  usage: ProjectedMap<ProjectedUsage> = undefined;
  estimated_cost: ProjectedMap<ProjectedCost> = undefined;
  duration_ms: CborValue = undefined;
  capture_id: CborValue = undefined;
  session_id: CborValue = undefined;
  path: CborValue = undefined;
  status_code: CborValue = undefined;
  capture: ProjectedMap<ProjectedCapture> = undefined;
  unknown: UnknownKeys | undefined = undefined;
}

/** Stores each field's value. One function per field, so that each writes to a fixed place. */
type Keep<Into> = (into: Into, value: CborValue) => void;

function value<Into extends object>(name: string & keyof Into, keep: Keep<Into>): Field {
  return plainField(name, "value", keep);
}

/** A value whose texts repeat. */
function repeated<Into extends object>(name: string & keyof Into, keep: Keep<Into>): Field {
  return plainField(name, "repeated", keep);
}

/** A text that a client writes and that cannot lead to a rejection. */
function text<Into extends object>(name: string & keyof Into, keep: Keep<Into>): Field {
  return plainField(name, "text", keep);
}

function plainField(name: string, reading: FieldReading, keep: Field["keep"]): Field {
  return { name, reading, keep, fields: undefined, create: nothing };
}

function map<Into extends object, Inner extends object>(
  name: string & keyof Into,
  fields: FieldTable,
  inner: new () => Inner,
  keep: (into: Into, value: ProjectedMap<Inner>) => void,
): Field {
  return { name, reading: "map", keep, fields, create: () => new inner() };
}

function nothing(): object {
  return {};
}

function unknownKeys(reading: OtherKeys["reading"]): OtherKeys {
  return { reading, keep: (into: ProjectedRecord | ProjectedUsage, name, count: CborValue) => (into.unknown ??= new UnknownKeys()).add(name, count) };
}

const IDENTITY = new FieldTable([
  repeated<ProjectedIdentity>("login_name", (into, login) => void (into.login_name = login)),
  text<ProjectedIdentity>("stable_node_id", (into, node) => void (into.stable_node_id = node)),
  repeated<ProjectedIdentity>("tags", (into, tags) => void (into.tags = tags)),
]);

const USAGE = new FieldTable(
  TOKEN_COLUMNS.map(({ recordedAs }, place) => plainField(recordedAs, "value", (into: ProjectedUsage, count: CborValue) => void (into.counts[place] = count))),
  "exact",
  unknownKeys("count"),
);

const COST = new FieldTable([
  value<ProjectedCost>("dollars", (into, dollars) => void (into.dollars = dollars)),
  text<ProjectedCost>("cost_basis", (into, basis) => void (into.cost_basis = basis)),
]);

function planHeaders(names: Iterable<string>): FieldTable {
  const credentials: readonly string[] = [...CREDENTIAL_HEADERS, ACCOUNT_HEADER];
  const distinct = new Set(Array.from(names, (name) => name.toLowerCase()));
  const fields = [...distinct].filter((name) => !isCredentialHeader(name)).map((name) => plainField(name, "header", keepHeader(name)));
  const signs = credentials.filter((name) => name !== ACCOUNT_HEADER || !distinct.has(name)).map((name) => plainField(name, "credential", keepSigns));
  return new FieldTable([...fields, ...signs], "caseless", { reading: "presence", keep: (into: ProjectedHeaders) => void (into.isAny = true) });
}

function keepHeader(name: string): Keep<ProjectedHeaders> {
  return (into, header) => {
    into.isAny = true;
    (into.wanted ??= {})[name] = header;
  };
}

/** A repeated header adds its signs. */
function keepSigns(into: ProjectedHeaders, signs: number): void {
  into.isAny = true;
  into.credential |= signs;
}

/** The fields of a tool. */
export const TOOL = new FieldTable([
  repeated<ProjectedTool>("name", (into, name) => void (into.name = name)),
  repeated<ProjectedTool>("server_name", (into, name) => void (into.server_name = name)),
]);

const TERM_FIELDS = TERMS.map((term) => repeated<ProjectedTerms>(term, (into, stated) => void (into[term] = stated)));
const TIER = repeated<ProjectedAnswer>("service_tier", (into, tier) => void (into.service_tier = tier));
const USAGE_OF_ANSWER = map<ProjectedAnswer, ProjectedTerms>("usage", new FieldTable(TERM_FIELDS), ProjectedTerms, (into, usage) => void (into.usage = usage));
const INNER = new FieldTable([TIER, USAGE_OF_ANSWER]);

/** The fields of an answer. */
export const ANSWER = new FieldTable([
  TIER,
  USAGE_OF_ANSWER,
  map<ProjectedAnswer, ProjectedAnswer>("message", INNER, ProjectedAnswer, (into, message) => void (into.message = message)),
  map<ProjectedAnswer, ProjectedAnswer>("response", INNER, ProjectedAnswer, (into, response) => void (into.response = response)),
]);

function answer(name: "responseBody" | "rawResponseBody"): Field {
  return { ...map<ProjectedCapture, ProjectedAnswer>(name, ANSWER, ProjectedAnswer, (into, read) => void (into[name] = read)), reading: "answer" };
}

/** The fields of a `ProjectedRecord` with the given request headers (names in any case). */
export function planRecord(headers: Iterable<string>): FieldTable {
  const capture = new FieldTable([
    map<ProjectedCapture, ProjectedHeaders>("requestHeaders", planHeaders(headers), ProjectedHeaders, (into, names) => void (into.requestHeaders = names)),
    { ...map<ProjectedCapture, ProjectedTools>("toolUseData", TOOL, ProjectedTools, (into, tools) => void (into.toolUseData = tools)), reading: "tools" },
    answer("responseBody"),
    answer("rawResponseBody"),
  ]);
  return new FieldTable([
    value<ProjectedRecord>("id", (into, id) => void (into.id = id)),
    value<ProjectedRecord>("ver", (into, version) => void (into.ver = version)),
    value<ProjectedRecord>("timestamp", (into, time) => void (into.timestamp = time)),
    map<ProjectedRecord, ProjectedIdentity>("identity", IDENTITY, ProjectedIdentity, (into, identity) => void (into.identity = identity)),
    text<ProjectedRecord>("model", (into, model) => void (into.model = model)),
    text<ProjectedRecord>("api_type", (into, type) => void (into.api_type = type)),
    map<ProjectedRecord, ProjectedUsage>("usage", USAGE, ProjectedUsage, (into, usage) => void (into.usage = usage)),
    map<ProjectedRecord, ProjectedCost>("estimated_cost", COST, ProjectedCost, (into, cost) => void (into.estimated_cost = cost)),
    value<ProjectedRecord>("duration_ms", (into, duration) => void (into.duration_ms = duration)),
    value<ProjectedRecord>("capture_id", (into, id) => void (into.capture_id = id)),
    text<ProjectedRecord>("session_id", (into, id) => void (into.session_id = id)),
    text<ProjectedRecord>("path", (into, path) => void (into.path = path)),
    value<ProjectedRecord>("status_code", (into, status) => void (into.status_code = status)),
    map<ProjectedRecord, ProjectedCapture>("capture", capture, ProjectedCapture, (into, inner) => void (into.capture = inner)),
  ], "exact", unknownKeys("name"));
}
