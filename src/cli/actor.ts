import { userInfo } from "node:os";

/** The login passed by `tailscale serve` is used; otherwise the operating system's account. */
const VARIABLES = ["TAILSCALE_USER_LOGIN", "USER", "LOGNAME"] as const;

/** The login of the caller: the given one, the one in the environment, or the system's account, which containers may not have. */
export function actor(given?: string): string {
  const named = [given, ...VARIABLES.map((variable) => process.env[variable])].find((login) => login !== undefined && login !== "");
  if (named !== undefined) return named;
  try {
    return userInfo().username;
  } catch {
    return "unknown";
  }
}
