import { userInfo } from "node:os";

/** The login passed by `tailscale serve` is used first, then the account of the operating system. */
const VARIABLES = ["TAILSCALE_USER_LOGIN", "USER", "LOGNAME"] as const;

/** Who runs this command: the given login, else one from the environment, else the operating system's account; a container may have none. */
export function actor(given?: string): string {
  const named = [given, ...VARIABLES.map((variable) => process.env[variable])].find((login) => login !== undefined && login !== "");
  if (named !== undefined) return named;
  try {
    return userInfo().username;
  } catch {
    return "unknown";
  }
}
