import { readFileSync } from "node:fs";

/**
 * Most memory that this process has had resident, in MiB. Linux says it in `VmHWM`; what `getrusage` says elsewhere
 * begins, on Linux, with what the parent process had when it started this one.
 */
export function mostResidentMiB(): number {
  return kibibytes() / 1024;
}

function kibibytes(): number {
  if (process.platform !== "linux") return process.resourceUsage().maxRSS;
  return Number(/^VmHWM:\s+(\d+) kB$/m.exec(readFileSync("/proc/self/status", "utf8"))?.[1]);
}
