import { REPORTS } from "../lake/layout.ts";

/** Copies made by closing a month, in any case, which some file systems ignore. The report's files are the same as those outside the folder, and the tables name people. */
const OF_CLOSE = /^reports\/[^/]+\/closed-[0-9a-f]{16}\//iu;

export function isOfClose(key: string): boolean {
  return OF_CLOSE.test(key);
}

/**
 * The key in the lake for a path below `/reports/`, taken as it is in the request; undefined if the path cannot name a file there. Each
 * part is decoded by itself, so that an encoded slash cannot split a part.
 */
export function toReportKey(path: string): string | undefined {
  const parts = path.split("/").map(decodePart);
  return parts.every((part) => part !== undefined) ? `${REPORTS}${parts.join("/")}` : undefined;
}

function decodePart(part: string): string | undefined {
  try {
    const decoded = decodeURIComponent(part);
    // oxlint-disable-next-line no-control-regex -- control characters are refused
    return decoded === "" || decoded.startsWith(".") || /[/\\\0-\x1F\x7F]/.test(decoded) ? undefined : decoded;
  } catch {
    return undefined;
  }
}

/** The path of a report; the inverse of `toReportKey`. */
export function toReportPath(key: string): string {
  return `/${key.split("/").map(encodeURIComponent).join("/")}`;
}

export interface FileKind {
  /** Shown to people. */
  title: string;
  type: string;
  /** Whether a browser shows the file or saves it. */
  shown: boolean;
}

const KINDS: Readonly<Record<string, FileKind>> = {
  html: { title: "page", type: "text/html; charset=utf-8", shown: true },
  json: { title: "JSON", type: "application/json", shown: true },
  csv: { title: "CSV", type: "text/csv; charset=utf-8", shown: false },
  gz: { title: "CSV, compressed", type: "application/gzip", shown: false },
  xlsx: { title: "workbook", type: "application/vnd.openxmlformats-officedocument.spreadsheetml.sheet", shown: false },
  parquet: { title: "Parquet", type: "application/vnd.apache.parquet", shown: false },
};
const OTHER: FileKind = { title: "file", type: "application/octet-stream", shown: false };

export function kindOf(key: string): FileKind {
  const suffix = /\.([a-z]+)$/.exec(key)?.[1] ?? "";
  return Object.hasOwn(KINDS, suffix) ? (KINDS[suffix] ?? OTHER) : OTHER;
}

/** `Content-Disposition` that makes a browser save the file under a name with its month: `2026-10-chargeback.csv`. */
export function saveAs(key: string): string {
  const name = key.slice(REPORTS.length).replace(/[^A-Za-z0-9._-]/g, "-");
  return `attachment; filename="${name}"`;
}
