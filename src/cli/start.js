#!/usr/bin/env node
// JavaScript, since Node would load its TypeScript compiler for this file before the cache is in use, which alone takes
// longer than --help does. A cache that cannot be written costs time and nothing else.
import { enableCompileCache } from "node:module";
import { join } from "node:path";

enableCompileCache(join(import.meta.dirname, "../../node_modules/.cache/aperture-ledger"));

await import("./main.ts");
