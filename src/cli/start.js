#!/usr/bin/env node
// JavaScript, since Node would load its TypeScript compiler for this file before the cache is in use, which alone takes
// longer than --help does. A cache that cannot be written costs time and nothing else.
import { enableCompileCache } from "node:module";
import { join } from "node:path";

enableCompileCache(join(import.meta.dirname, "../../node_modules/.cache/aperture-ledger"));

// What Node does itself under --disable-proto=delete, for whoever starts it without: a name from outside that a library
// uses as a key can then reach no prototype. Whatever is loaded from here on finds it gone.
Reflect.deleteProperty(Object.prototype, "__proto__");

await import("./main.ts");
