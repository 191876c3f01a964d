import { mostResidentMiB } from "../resident-memory.ts";
import { QuarantineWriter } from "../../src/lake/landing/quarantine-writer.ts";

/** Writes a quarantine file of one record of half a gigabyte and prints what memory that took. */
const PIECE = 1 << 20;
const PIECES = 512;

const writer = new QuarantineWriter(process.argv[2] ?? "", { instance: "test", export: "large" });
writer.begin({ place: { position: 0, offset: 0, length: PIECES * PIECE }, reason: "too_large", field: "model", cost: null, caller: null });
for (let i = 0; i < PIECES; i++) writer.bytes(Buffer.alloc(PIECE, i));
writer.end();
writer.close();
process.stdout.write(JSON.stringify({ residentMiB: mostResidentMiB() }));
