import { mostResidentMiB } from "../resident-memory.ts";
import { type Treatment, rewriteExport } from "../../src/aperture/rewrite/rewrite-export.ts";

/** Rewrites an export in a process of its own and prints what it found and took: `rewrite-in-child.ts TREATMENT EXPORT COPY`. */
const [, , treatment = "", file = "", copy = ""] = process.argv;
const { records } = await rewriteExport(file, copy, () => treatment as Treatment);
process.stdout.write(JSON.stringify({ records, residentMiB: mostResidentMiB() }));
