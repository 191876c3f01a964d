import { exportTime, lastPart } from "../../src/aperture/reader/export-name.ts";
import { readExport } from "../../src/aperture/reader/read-export.ts";
import { headersWanted, normaliser } from "../../src/ingest/normaliser/normalise.ts";

/** `read-export.ts FILE`: reads and normalises an export, and prints what the peers print of it: records, input tokens, nanodollars. */
const [, , file = ""] = process.argv;
const name = lastPart(file);
const rules = { instance: "bench", gateway: [], dimensions: new Map() };
const normalise = normaliser(name, rules);
let inputTokens = 0;
let nanodollars = 0n;
const { accepted, rejected, damage } = await readExport(file, exportTime(name, new Date(0)), headersWanted(rules.dimensions), {
  accept(request) {
    const { tokens, cost } = normalise(request);
    inputTokens += tokens.inputTokens;
    nanodollars += cost ?? 0n;
  },
  reject: () => undefined,
});
if (rejected > 0 || damage !== null) throw new Error(`${rejected} records rejected, damage: ${damage?.message ?? "none"}`);
process.stdout.write(`${accepted} ${inputTokens} ${nanodollars}`);
