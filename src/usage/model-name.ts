export interface ModelName {
  /** Text before the first `/`: the provider the request was addressed to. */
  prefix: string | null;
  /** Without provider, region, vendor and revision. */
  model: string;
}

const UNKNOWN = "unknown";
/**
 * Bedrock: `us.anthropic.claude-sonnet-4-5-20250929-v1:0` is region, vendor, model, date and revision.
 * `deepseek.r1-v1:0` keeps its vendor, which is half of the model's name.
 */
const BEDROCK_REGION = /^(?:us|us-gov|eu|ap|apac|jp|au|ca|sa|global)\.(?=[a-z0-9]+\.)/;
const BEDROCK_VENDOR = /^(?:ai21|amazon|anthropic|cohere|luma|meta|minimax|mistral|moonshotai?|nvidia|openai|qwen|stability|twelvelabs|writer|zai)\./;
const BEDROCK_REVISION = /-(?:v\d+(?::\d+[a-z]*)*|\d+:\d+)$/;
/** Vertex: `claude-sonnet-4-5@20250929`. */
const VERTEX_REVISION = /@[^@]+$/;
/** `-20250929` and `-2025-08-07` at the end of a name. */
const DATE_REVISION = /-20\d\d(-?)(?:0[1-9]|1[0-2])\1(?:0[1-9]|[12]\d|3[01])$/;

/**
 * Takes a recorded model apart, so that one model served by several providers under several spellings has one name.
 * A name that would be empty is `unknown`; the recorded spelling is kept beside it in the usage record.
 */
export function parseModelName(recorded: string): ModelName {
  const name = recorded.trim();
  const slash = name.indexOf("/");
  const prefix = slash > 0 && !name.startsWith("arn:") ? name.slice(0, slash) : null;
  const spelled = name.slice(name.lastIndexOf("/") + 1);

  const unplaced = spelled.replace(BEDROCK_REGION, "").replace(BEDROCK_VENDOR, "");
  // `deepseek-v3` is a model, `amazon.titan-text-v1` a revision: without `:0` only Bedrock's spelling tells.
  const isRevised = unplaced !== spelled || /-v\d+:\d+/.test(unplaced);
  const unrevised = (isRevised ? unplaced.replace(BEDROCK_REVISION, "") : unplaced).replace(VERTEX_REVISION, "");
  return { prefix, model: unrevised.replace(DATE_REVISION, "") || spelled || UNKNOWN };
}
