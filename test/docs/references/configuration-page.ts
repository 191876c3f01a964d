import { stringify } from "yaml";
import { configJsonSchema } from "../../../src/config/config-json-schema.ts";
import { EXAMPLE_CONFIG } from "../../../src/cli/commands/example-config.ts";
import { alternativesOf, fixedValues, type KeyRow, listKeys, objectsIn, type Schema } from "./key-rows.ts";

const INTRODUCTION = `# Configuration reference

Every key of \`aperture-ledger.yaml\`: its type, its default, what it means, and an example. \`aperture-ledger init\` writes a commented file to
start from; \`aperture-ledger config schema\` prints the same as JSON Schema, for editors. The first settings to make are in
[operations](operations.md#configuration).

This page is generated from the schema that checks the file, by \`npm run references\`.
`;

/** The page as Markdown. */
export function configurationPage(): string {
  const listed = new Map<string, string>();
  const sections = Object.entries(configJsonSchema().properties ?? {}).flatMap(([name, schema]) => (typeof schema === "boolean" ? [] : [renderSection(name, schema, listed)]));
  return [INTRODUCTION, ...sections].join("\n");
}

function renderSection(name: string, schema: Schema, listed: Map<string, string>): string {
  const itself: KeyRow = { path: name, schema, isRequired: false, sameAs: undefined };
  const inner = JSON.stringify(objectsIn(schema).map(({ properties }) => properties));
  if (inner !== "[]") listed.set(inner, name);
  const below = listKeys(name, schema, listed);
  const rows = isOnlyContainer(schema) ? below : [itself, ...below];
  const example = exampleOfSection(name);
  return [
    `## ${name}\n`,
    ...(rows.includes(itself) ? [] : [`${schema.description ?? ""}\n`]),
    ...(example === undefined ? [] : [`\`\`\`yaml\n${example}\n\`\`\`\n`]),
    "| key | type | default | meaning | example |\n|---|---|---|---|---|",
    ...rows.map(renderRow),
    "",
  ].join("\n");
}

/** Of a map with keys or a list of them the heading and the description say all there is. */
function isOnlyContainer(schema: Schema): boolean {
  return alternativesOf(schema).length === 0 && objectsIn(schema).length > 0;
}

/** The lines of the file that `init` writes, with what is commented out there. */
function exampleOfSection(name: string): string | undefined {
  const uncommented = EXAMPLE_CONFIG.replaceAll(/^# (?=\s*(?:\w+:|- ))/gm, "");
  const match = new RegExp(`^${name}:.*(?:\\n(?: .*|\\s*# {3}.*))*`, "m").exec(uncommented);
  return match?.[0].replaceAll(/^( +)# (?=\w+:)/gm, "$1").trimEnd();
}

function renderRow({ path, schema, isRequired, sameAs }: KeyRow): string {
  const fallback = isRequired ? "required" : schema.default === undefined || isEmpty(schema.default) ? "" : code(schema.default);
  const meaning = [schema.description ?? "", ...(sameAs === undefined ? [] : [`The keys below it are those of \`${sameAs}\`.`])].join(" ").trim();
  const example = exampleOf(schema);
  return `| ${[`\`${path}\``, typeOf(schema), fallback, meaning, example === undefined ? "" : code(example)].map(cell).join(" | ")} |`;
}

function isEmpty(value: unknown): boolean {
  return typeof value === "object" && value !== null && Object.keys(value).length === 0;
}

/** What could stand there; undefined for a container, whose keys have examples of their own. */
export function exampleOf(schema: Schema): unknown {
  const [example] = schema.examples ?? [];
  if (example !== undefined) return example;
  if (schema.type === "boolean") return schema.default !== true;
  const other = fixedValues(schema).find((value) => value !== schema.default);
  return other ?? alternativesOf(schema).map(exampleOf).find((one) => one !== undefined) ?? (isEmpty(schema.default) ? undefined : schema.default);
}

function typeOf(schema: Schema): string {
  const alternatives = alternativesOf(schema);
  if (alternatives.length > 0) return unique(alternatives.map(typeOf)).join(" or ");
  const values = fixedValues(schema);
  if (values.length > 0) return unique(values.map(code)).join(", ");
  if (Array.isArray(schema.type)) return schema.type.map((type) => typeOf({ type })).join(" or ");
  if (schema.format === "date") return "date";
  if (schema.format === "uri") return "url";
  if (schema.type === "array") return typeof schema.items === "object" && !Array.isArray(schema.items) ? `list: ${typeOf(schema.items)}` : "list";
  if (schema.type === "object") return typeOfMap(schema);
  if (schema.type === "integer" || schema.type === "number") return `${schema.type === "integer" ? "whole number" : "number"}${range(schema)}`;
  if (schema.type === "boolean") return "true or false";
  return schema.type === "null" ? "null" : "text";
}

function typeOfMap({ properties, additionalProperties: others }: Schema): string {
  if (properties !== undefined) return "map";
  return typeof others === "object" ? `map: ${typeOf(others)}` : "map";
}

/** Zod bounds every whole number by those that are exact; nobody has to be told. */
function range({ minimum, maximum }: Schema): string {
  const [least, most] = [minimum ?? Number.MIN_SAFE_INTEGER, maximum ?? Number.MAX_SAFE_INTEGER];
  if (most === Number.MAX_SAFE_INTEGER) return least === Number.MIN_SAFE_INTEGER ? "" : `, ${String(least)} or more`;
  return `, ${String(least)} to ${String(most)}`;
}

function code(value: unknown): string {
  return `\`${stringify(value, { collectionStyle: "flow", lineWidth: 0, flowCollectionPadding: false }).trim()}\``;
}

function cell(text: string): string {
  return text.replaceAll("|", "\\|");
}

function unique(all: readonly string[]): string[] {
  return [...new Set(all)];
}
