import { userInfo } from "node:os";

/** Whoever stands behind a program that tailscale serve passes requests to goes before the account that it runs as. */
const VARIABLES = ["TAILSCALE_USER_LOGIN", "USER", "LOGNAME"] as const;

/** Login of who calls: what is given, what the environment names, the system's account; containers may have none. */
export function whoCalls(given?: string): string {
  const named = [given, ...VARIABLES.map((variable) => process.env[variable])].find((login) => login !== undefined && login !== "");
  if (named !== undefined) return named;
  try {
    return userInfo().username;
  } catch {
    return "unknown";
  }
}
