import { join } from "node:path";

/** Where Node 22 is installed for the tests (`install.ts`). */
export const NODE_22 = import.meta.dirname;
/** The folder of its program, for the front of a PATH. */
export const NODE_22_PATH = join(NODE_22, "node_modules", `node-linux-${process.arch}`, "bin");
