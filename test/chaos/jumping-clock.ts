import { readFileSync, writeFileSync } from "node:fs";

/** Loaded before a worker (`node --import`): its clock is off by the milliseconds that the file in CHAOS_CLOCK says, at every moment. */
const LOOK_EVERY_MS = 100;
const file = process.env["CHAOS_CLOCK"];

if (file !== undefined) jumpWith(file);

/** Sets the clock of the workers that look at that file. */
export function setClock(clock: string, milliseconds: number): void {
  writeFileSync(clock, String(milliseconds));
}

function jumpWith(clock: string): void {
  const RealDate = Date;
  let offset = readOffset(clock);
  setInterval(() => (offset = readOffset(clock, offset)), LOOK_EVERY_MS).unref();
  const now = (): number => RealDate.now() + offset;
  globalThis.Date = new Proxy(RealDate, {
    construct: (target, args, newTarget) => Reflect.construct(target, args.length === 0 ? [now()] : args, newTarget) as object,
    get: (target, key, receiver): unknown => (key === "now" ? now : Reflect.get(target, key, receiver)),
  });
}

/** While the file is being written it may be empty: the clock then stays as it is. */
function readOffset(clock: string, before = 0): number {
  const text = readFileSync(clock, "utf8");
  return text === "" ? before : Number(text);
}
