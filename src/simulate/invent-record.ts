import { inventPhrase } from "./filler-text.ts";
import { estimateDollars } from "./list-prices.ts";
import { HAIKU, type Model, modelAt } from "./models.ts";
import type { Random } from "./random.ts";
import type { RequestTime } from "./request-times.ts";
import type { Session } from "./sessions.ts";
import type { SimulatedRecord, Usage } from "./simulated-record.ts";

interface Failure {
  status: number;
  weight: number;
}

/** Share of requests that end like this, without counts and without a price. */
const FAILURES: readonly [Failure, ...Failure[]] = [
  { status: 429, weight: 0.03 },
  { status: 403, weight: 0.009 },
  { status: 400, weight: 0.005 },
  { status: 500, weight: 0.003 },
  { status: 529, weight: 0.003 },
];
const FAILURE_SHARE = FAILURES.reduce((sum, { weight }) => sum + weight, 0);
const INTERRUPTED_SHARE = 0.008;

const TOOLS = ["Bash", "Read", "Edit", "Grep", "WebSearch"] as const;
/** Where an agent summarises its conversation and goes on with the summary. */
const CONTEXT_LIMIT = 180_000;

/** The next request of a session; the session remembers that it happened. */
export function inventRecord(id: number, time: RequestTime, session: Session, random: Random): SimulatedRecord {
  session.left -= 1;
  const statusCode = random.chance(FAILURE_SHARE) ? random.pickWeighted(FAILURES).status : 200;
  const model = session.agent.asksSmallModel && random.chance(0.12) ? HAIKU : modelAt(session.model, time.at);
  const conversation = { seed: session.seed, turns: session.turns };
  const answered = statusCode === 200;
  const usage = answered ? inventUsage(model, session, random) : {};
  const dollars = answered && model.costBasis !== undefined ? estimateDollars(model.costBasis, time.at, usage) : undefined;
  if (answered) session.turns += 1;

  return {
    id,
    at: time.at,
    nanos: random.integer(0, 999_999),
    identity: session.identity,
    model,
    usage,
    ...(dollars !== undefined && model.costBasis !== undefined && { estimatedCost: { dollars, costBasis: model.costBasis } }),
    durationMs: answered ? random.integer(900, 60_000) : random.integer(40, 4_000),
    // The number keeps it unique, the digits keep it apart from other gateways'.
    captureId: `cap-${random.hex()}-${id.toString(16)}`,
    sessionId: session.agent.keepsSession ? session.id : `sess-${random.hex()}${random.hex()}`,
    statusCode,
    toolUse: answered ? inventToolUse(random) : [],
    requestHeaders: inventHeaders(session, random),
    conversation,
    keepsRaw: random.chance(0.02),
  };
}

function inventUsage(model: Model, session: Session, random: Random): Usage {
  // Squaring: mostly short questions and answers, now and then a long one.
  const input = 40 + Math.floor(random.unit() ** 2 * 6_000);
  const output = random.chance(INTERRUPTED_SHARE) ? 0 : 20 + Math.floor(random.unit() ** 2 * 4_000);
  const usage: Usage = { input_tokens: input };
  if (output > 0) usage.output_tokens = output;
  if (model.cache !== "none") usage.cached_tokens = session.contextTokens;
  let written = 0;
  if (model.cache === "writes" && random.chance(0.5)) {
    written = random.integer(500, 9_000);
    const short = Math.floor(written * 0.75);
    usage.cache_creation_input_tokens = written;
    usage.cache_creation_5m_input_tokens = short;
    usage.cache_creation_1h_input_tokens = written - short;
  }
  if (output > 0 && random.chance(0.25)) usage.reasoning_tokens = random.integer(1, output);
  if (output > 0 && random.chance(0.015)) usage.web_search_count = random.integer(1, 3);

  session.contextTokens += input + output + written;
  if (session.contextTokens > CONTEXT_LIMIT) session.contextTokens = random.integer(15_000, 30_000);
  return usage;
}

function inventToolUse(random: Random): SimulatedRecord["toolUse"] {
  const count = random.chance(0.6) ? 0 : random.integer(1, 3);
  return Array.from({ length: count }, () => ({ name: random.pick(TOOLS), command: inventPhrase(random, 6) }));
}

/** The gateway's own map has no order, and neither have the records. */
function inventHeaders(session: Session, random: Random): SimulatedRecord["requestHeaders"] {
  const headers = [
    ["User-Agent", session.agent.userAgent],
    ["Content-Type", "application/json"],
    ["Authorization", "[REDACTED]"],
    ...session.headers,
  ] as const;
  const first = random.integer(0, headers.length - 1);
  return [...headers.slice(first), ...headers.slice(0, first)];
}
