import { writeFileSync } from "node:fs";
import { join } from "node:path";
import { simulateExports } from "../../src/simulate/write-exports.ts";
import type { ExportFolder, Shape } from "./inputs.ts";

/** `write-exports.ts FOLDER SHAPE`: writes the simulator's exports, and prints what they are. */
const [, , folder = "", shape = ""] = process.argv;
const { records, bodies, days = 1, limit = records } = JSON.parse(shape) as Shape;
const written: Omit<ExportFolder, "folder"> = { names: [], records: 0, bytes: 0, cborBytes: 0 };
const names: string[] = [];
const { exports } = simulateExports({ records, bodies, days, limit, everySeconds: days * 86_400, duplicates: 0, late: 0 });
for await (const one of exports) {
  writeFileSync(join(folder, one.name), one.bytes);
  names.push(one.name);
  written.records += one.records;
  written.bytes += one.bytes.length;
  written.cborBytes += one.cborBytes;
}
process.stdout.write(JSON.stringify({ ...written, names }));
