/** Teams of the company in the pictures. */
export const ACME = ["payments", "web", "platform", "search", "mobile", "data-science", "security", "developer-experience"].map((team, index) => ({
  team,
  costCenter: `CC-${String(4100 + index * 10)}`,
}));
