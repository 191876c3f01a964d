#!/usr/bin/env node
// JavaScript, since Node would load its TypeScript compiler for this file before the cache is in use, which alone takes
// longer than --help does. A cache that cannot be written costs time and nothing else.
import * as nodeModule from "node:module";
import { fileURLToPath } from "node:url";

const [major = 0, minor = 0] = process.versions.node.split(".").map(Number);
if (major < 22 || (major === 22 && minor < 18)) {
  process.stderr.write(`aperture-ledger needs Node 22.18 or later, and this is ${process.versions.node} at ${process.execPath}\n`);
  process.exit(2);
}

// Beside the packages that it loads, wherever they are installed. NODE_COMPILE_CACHE names another folder.
nodeModule.enableCompileCache(fileURLToPath(new URL("../.cache/aperture-ledger", import.meta.resolve("commander"))));

// What Node does itself under --disable-proto=delete, for whoever starts it without: a name from outside that a library
// uses as a key can then reach no prototype. Whatever is loaded from here on finds it gone.
Reflect.deleteProperty(Object.prototype, "__proto__");

await import("./main.ts");
