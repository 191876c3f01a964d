import { accessSync, constants } from "node:fs";
import { delimiter, join } from "node:path";

/** A server or program that the tests run against for real. */
export interface Requirement {
  name: string;
  /** Programs that have to be there, by name. */
  commands: readonly string[];
  /** Debian packages that bring them. */
  packages: readonly string[];
  /** Variables that point at one that is there already; with all of them set nothing is needed here. None: it has to be here. */
  variables: readonly string[];
}

export const REDIS: Requirement = {
  name: "Redis",
  commands: ["redis-server"],
  packages: ["redis-server"],
  variables: ["TEST_REDIS_URL"],
};

export const S3: Requirement = {
  name: "an S3 server (Ceph)",
  commands: ["ceph", "ceph-authtool", "ceph-mon", "ceph-osd", "monmaptool", "radosgw", "radosgw-admin"],
  packages: ["ceph-common", "ceph-mon", "ceph-osd", "radosgw"],
  variables: ["TEST_S3_ENDPOINT", "TEST_S3_ACCESS_KEY", "TEST_S3_SECRET_KEY"],
};

export const CHROMIUM: Requirement = {
  name: "Chromium",
  commands: ["chromium"],
  packages: ["chromium"],
  variables: ["CHROMIUM"],
};

/** Judges the unit file in docs/. */
export const SYSTEMD: Requirement = {
  name: "systemd",
  commands: ["systemd-analyze"],
  packages: ["systemd"],
  variables: [],
};

/** Reads what is printed. */
export const POPPLER: Requirement = {
  name: "poppler",
  commands: ["pdftotext"],
  packages: ["poppler-utils"],
  variables: [],
};

/** What the guide checks an archive with by hand, and what heads are posted with. */
export const HAND_TOOLS: Requirement = {
  name: "openssl, jq and git",
  commands: ["openssl", "jq", "git"],
  packages: ["openssl", "jq", "git"],
  variables: [],
};

export const REQUIREMENTS: readonly Requirement[] = [REDIS, S3, CHROMIUM, SYSTEMD, HAND_TOOLS, POPPLER];

/** Where a program is, as a shell would look for it; servers also in the system folders that a user's PATH may lack. */
export function findCommand(name: string): string | undefined {
  const folders = [...(process.env["PATH"] ?? "").split(delimiter), "/usr/local/sbin", "/usr/sbin", "/sbin"];
  for (const folder of folders) {
    if (folder === "") continue;
    const file = join(folder, name);
    try {
      accessSync(file, constants.X_OK);
      return file;
    } catch {
      continue;
    }
  }
  return undefined;
}

/** The requirement's programs that are not there; none when variables point at a running one. */
export function missingCommands(requirement: Requirement): string[] {
  const { variables } = requirement;
  if (variables.length > 0 && variables.every((variable) => (process.env[variable] ?? "") !== "")) return [];
  return requirement.commands.filter((command) => findCommand(command) === undefined);
}

/** One message for everything that is missing: what it is, how to get it, what to set instead. */
export function describeMissing(requirements: readonly Requirement[]): string {
  const packages = requirements.flatMap((requirement) => requirement.packages);
  return [
    "The tests need programs that are not here:",
    ...requirements.map((requirement) => `  - ${requirement.name}: ${missingCommands(requirement).join(", ")}`),
    "Install them (Debian, Ubuntu; as root):",
    `  apt-get update && apt-get install -y --no-install-recommends ${packages.join(" ")}`,
    "or point the tests at what is there already:",
    ...requirements.flatMap(({ name, variables }) => (variables.length === 0 ? [] : [`  - ${name}: set ${variables.join(", ")}`])),
  ].join("\n");
}
