import type { FocusData } from "./focus-data.ts";
import type { Row } from "./row-checks.ts";

/** A rule of a version after 1.2, in our words. */
interface LaterRule {
  from: "1.3" | "1.4";
  text: string;
  holds: (data: FocusData) => boolean;
}

const SPLIT = ["AllocatedMethodDetails", "AllocatedMethodId", "AllocatedResourceId", "AllocatedResourceName", "AllocatedTags"];
const PROVIDERS = ["HostProviderName", "ServiceProviderName"];

const textColumns = (names: readonly string[]) => ({ types }: FocusData): boolean => names.every((name) => types.get(name) === "VARCHAR");
const everyRow = (holds: (row: Row) => boolean) => ({ rows }: FocusData): boolean => rows.length > 0 && rows.every(holds);
const keysOf = (text: string | null | undefined): string[] => Object.keys(JSON.parse(text ?? "{}") as object);

interface Details {
  Elements: Record<string, unknown>[];
}

/** An object of `Elements`, each with a ratio from 0 to 1; what FOCUS does not define begins with `x_`. */
function isDetails(text: string): boolean {
  const details = JSON.parse(text) as Details;
  const isOurs = (name: string, defined: readonly string[]): boolean => defined.includes(name) || /^x_[A-Z][A-Za-z]*$/.test(name);
  return Object.keys(details).every((name) => isOurs(name, ["Elements"])) && details.Elements.length > 0
    && details.Elements.every((element) => typeof element["AllocatedRatio"] === "number" && element["AllocatedRatio"] > 0 && element["AllocatedRatio"] <= 1 && Object.keys(element).every((name) => isOurs(name, ["AllocatedRatio", "UsageQuantity", "UsageUnit"])));
}

/**
 * Rules on the columns that versions after 1.2 brought, from the texts of the columns in the specification's repository: the Foundation's rule sets of these
 * versions could not be had.
 */
export const LATER_RULES: readonly LaterRule[] = [
  { from: "1.3", text: "the columns of split cost allocation are there, as texts", holds: textColumns(SPLIT) },
  { from: "1.3", text: "service and host provider are there, as texts", holds: textColumns(PROVIDERS) },
  { from: "1.3", text: "each charge has a service provider and a host", holds: everyRow((row) => PROVIDERS.every((name) => (row[name] ?? "").trim() !== "")) },
  { from: "1.3", text: "a charge that is not split has no method, part, resource or tags of one", holds: everyRow((row) => row["AllocatedMethodId"] !== null || SPLIT.every((name) => row[name] === null)) },
  { from: "1.3", text: "a split charge of somebody has a resource, and nobody else has", holds: everyRow((row) => (row["AllocatedResourceId"] !== null) === (row["AllocatedMethodId"] !== null && row["SubAccountId"] !== null)) },
  { from: "1.3", text: "a resource has a name, and only a resource has", holds: everyRow((row) => (row["AllocatedResourceName"] === null) === (row["AllocatedResourceId"] === null)) },
  { from: "1.3", text: "details are an object of elements with ratios", holds: everyRow(({ AllocatedMethodDetails: details }) => details === null || details === undefined || isDetails(details)) },
  { from: "1.3", text: "tags of a resource are a flat object, none of them among the tags of the charge", holds: everyRow((row) => keysOf(row["AllocatedTags"]).every((key) => !keysOf(row["Tags"]).includes(key))) },
  { from: "1.4", text: "the columns that 1.3 deprecated are gone", holds: ({ types }) => !types.has("ProviderName") && !types.has("PublisherName") },
  { from: "1.4", text: "a host that the customer did not choose is the service provider", holds: everyRow((row) => row["HostProviderName"] === row["ServiceProviderName"]) },
  { from: "1.4", text: "a charge has the line of an invoice where it has an invoice", holds: everyRow((row) => (row["InvoiceDetailId"] === null) === (row["InvoiceId"] === null)) },
  { from: "1.4", text: "columns of our own begin with x_, in Pascal case, with at most 50 characters", holds: ({ types }) => [...types.keys()].every((name) => /^(?:x_)?[A-Z][A-Za-z]{0,47}$/.test(name)) },
];
