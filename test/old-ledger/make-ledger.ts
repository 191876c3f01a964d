import { execFileSync } from "node:child_process";
import { cpSync, statSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { zstdCompressSync } from "node:zlib";
import { encode } from "cborg";
import { packObjects, readObjects } from "../packed-objects.ts";

/** `make-ledger.ts CHECKOUT EXPORTS FOLDER`: see README.md beside it. */
const [, , checkout = "", exportsOfCase = "", folder = ""] = process.argv;
const [source, lake, settings] = [join(folder, "exports"), join(folder, "lake"), join(folder, "settings.yaml")];

/** @param dollars null for a model that the price list has and the gateway does not. */
function request(id: number, capture: string | null, at: string, by: string, dollars: number | null): Uint8Array {
  return encode({
    id, ver: 2, timestamp: at, identity: { login_name: `${by}@example.com`, stable_node_id: by }, model: dollars === null ? "house-model" : "claude-sonnet-4-6", api_type: "ant_messages",
    usage: { input_tokens: 100, output_tokens: 10 }, duration_ms: 900, session_id: "s1", path: "/v1/messages", status_code: 200,
    ...(dollars === null ? {} : { estimated_cost: { dollars } }), ...(capture === null ? {} : { capture_id: capture }),
  });
}

function putExport(at: string, records: readonly Uint8Array[]): void {
  writeFileSync(join(source, `ts-aperture-export-${String(Date.parse(at) / 1000)}.cbor.zstd`), zstdCompressSync(Buffer.concat(records)));
}

function ledger(...args: readonly string[]): void {
  execFileSync("node", [join(checkout, "src/cli/start.js"), ...args, "--config", settings, "--source", `file://${source}`, "--lake", `file://${lake}`], { stdio: "inherit" });
}

cpSync(exportsOfCase, source, { recursive: true });
const teams = "directory: {teams: [{name: data, members: [ann@example.com]}, {name: web, members: [bob@example.com]}]}";
writeFileSync(settings, `${teams}\nprices: [{match: house-model, input: 10000, output: 10000}]\n`);
// Random capture ids that two requests of a day have.
putExport("2026-10-12T17:00:00Z", [
  request(901, "c0ffee42", "2026-10-12T09:00:00Z", "ann", 2),
  request(902, "c0ffee43", "2026-10-12T09:01:00Z", "ann", null),
  request(958, "c0ffee42", "2026-10-12T16:00:00Z", "bob", 4),
  request(959, "c0ffee43", "2026-10-12T16:01:00Z", "bob", null),
]);
ledger("run");
ledger("chargeback", "--month", "2026-10", "--close", "--by", "finance@example.com");
putExport("2026-11-04T10:00:00Z", [request(1, null, "2026-11-04T09:00:00Z", "ann", 5), request(2, null, "2026-11-04T09:01:00Z", "ann", 1)]);
putExport("2026-11-04T16:00:00Z", [request(1, null, "2026-11-04T15:00:00Z", "bob", 7), request(2, null, "2026-11-04T15:01:00Z", "bob", 8)]);
ledger("run");

const objects = readObjects(lake);
const target = join(import.meta.dirname, "lake.json.zst");
writeFileSync(target, packObjects(objects));
process.stdout.write(`${String(objects.size)} objects, ${String(statSync(target).size)} bytes\n`);
