import { readExport } from "../../src/aperture/reader/read-export.ts";
import { LandingWriter } from "../../src/lake/landing/landing-writer.ts";
import { normaliser } from "../../src/ingest/normaliser/normalise.ts";

/** Lands one export in a process of its own and prints on how many dates that was: `land-in-child.ts EXPORT FOLDER`. */
const [, , file = "", folder = ""] = process.argv;
const time = new Date("2026-10-08T00:00:00Z");
const rules = { instance: "test", gateway: [], dimensions: new Map() };
const normalise = normaliser("export", rules);
const landing = new LandingWriter(folder, { time, version: 0 });
await readExport(file, time, [], {
  accept: (request, place) => landing.add(normalise(request), place.position),
  reject: () => undefined,
});
process.stdout.write(String(landing.finish().length));
