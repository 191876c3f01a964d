import { spawnSync } from "node:child_process";
import { existsSync } from "node:fs";
import { join } from "node:path";
import { CLICKHOUSE } from "./clickhouse/folder.ts";
import { NODE_22, NODE_22_PATH } from "./node-22/folder.ts";
import { describeMissing, findCommand, missingCommands, REQUIREMENTS, type Requirement } from "./requirements.ts";

/** What the tests alone need from npm, so that it is not among this project's packages. */
const PACKAGES = [
  { name: "ClickHouse (npm: chdb)", folder: CLICKHOUSE, installs: join(CLICKHOUSE, "node_modules", "chdb") },
  { name: "Node 22", folder: NODE_22, installs: join(NODE_22_PATH, "node") },
];

/** Run before the tests: installs the servers they need where that is possible, else says what is missing and ends with 1. */
function install(): number {
  for (const { name, folder, installs } of PACKAGES) {
    if (!existsSync(installs)) installFolder(name, folder);
    if (existsSync(installs)) continue;
    console.error(`${name} could not be installed, and tests need it: see above`);
    return 1;
  }
  const missing = stillMissing();
  if (missing.length === 0) return 0;
  if (process.getuid?.() === 0 && findCommand("apt-get") !== undefined) installPackages(missing);
  const left = stillMissing();
  if (left.length === 0) return 0;
  console.error(describeMissing(left));
  return 1;
}

function stillMissing(): Requirement[] {
  return REQUIREMENTS.filter((requirement) => missingCommands(requirement).length > 0);
}

function installFolder(name: string, folder: string): void {
  console.error(`Installing what the tests need: ${name}`);
  spawnSync("npm", ["install", "--no-save", "--prefix", folder, "--no-audit", "--no-fund", "--ignore-scripts", "--loglevel=error"], { stdio: ["ignore", 2, 2] });
}

/** Whether it worked shows in what is there afterwards; apt-get's own words go to stderr, where they explain a failure. */
function installPackages(missing: readonly Requirement[]): void {
  const packages = missing.flatMap((requirement) => requirement.packages);
  console.error(`Installing what the tests need: ${packages.join(" ")}`);
  aptGet("update");
  aptGet("install", "-y", "--no-install-recommends", ...packages);
}

function aptGet(...args: string[]): void {
  const patience = ["-qq", "-o", "Acquire::Retries=3", "-o", "DPkg::Lock::Timeout=120"];
  // Stdout stays free for the results of the command that runs this one.
  spawnSync("apt-get", [...patience, ...args], {
    stdio: ["ignore", 2, 2],
    env: { ...process.env, DEBIAN_FRONTEND: "noninteractive" },
  });
}

process.exitCode = install();
