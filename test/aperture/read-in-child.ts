import { mostResidentMiB } from "../resident-memory.ts";
import { parseArgs } from "node:util";
import { exportTime, lastPart } from "../../src/aperture/reader/export-name.ts";
import { readExport } from "../../src/aperture/reader/read-export.ts";
import { headersWanted, normaliser } from "../../src/ingest/normaliser/normalise.ts";

/** Reads one export file in a process of its own and prints what it found; `--name` is what its time comes from. */
const { values, positionals } = parseArgs({ options: { name: { type: "string" } }, allowPositionals: true });
const file = positionals[0] ?? "";
const name = lastPart(values.name ?? file);
const rules = { instance: "test", gateway: [], dimensions: new Map() };
const normalise = normaliser(name, rules);
const sums = { inputTokens: 0, outputTokens: 0, nanodollars: 0n };

const reading = await readExport(file, exportTime(name, new Date(0)), headersWanted(rules.dimensions), {
  accept(request) {
    const { tokens, cost } = normalise(request);
    sums.inputTokens += tokens.inputTokens;
    sums.outputTokens += tokens.outputTokens;
    sums.nanodollars += cost ?? 0n;
  },
  reject: () => undefined,
});

const found = { ...reading, ...sums, nanodollars: String(sums.nanodollars), residentMiB: mostResidentMiB() };
process.stdout.write(JSON.stringify(found));
