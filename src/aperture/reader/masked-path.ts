import { isApiKey, isCredential } from "./credential.ts";

/** Stands for a credential that a client wrote into a URL. */
const MASK = "[masked]";
/** Parameters that hold nothing but a credential, or the proof of one, in lower case and without `-` and `_`. */
const SECRET_PARAMETERS: ReadonlySet<string> = new Set([
  "key", "apikey", "xapikey", "xgoogapikey", "subscriptionkey", "accesskey", "awsaccesskeyid",
  "token", "accesstoken", "authtoken", "idtoken", "refreshtoken", "authorization", "secret", "clientsecret", "password",
  "sig", "signature", "xamzsignature", "xamzcredential", "xamzsecuritytoken", "xgoogsignature", "xgoogcredential",
]);
/** A parameter of a query or a fragment: its name, and its value. */
const PARAMETER = /([?&;#])([^=?&;#]*)=([^&;#]*)/g;

export interface MaskedPath {
  path: string;
  /** Whether one of them was an API key, by its form. */
  hasApiKey: boolean;
}

/** A path without the credentials in its parameters. All else stays as it is. */
export function maskPath(path: string): MaskedPath {
  let hasApiKey = false;
  if (!path.includes("=")) return { path, hasApiKey };
  const masked = path.replace(PARAMETER, (parameter, mark: string, name: string, written: string) => {
    const value = decode(written).trim().replace(SCHEME, "");
    if (value === "" || !(isCredential(value) || SECRET_PARAMETERS.has(decode(name).toLowerCase().replace(/[-_]/g, "")))) return parameter;
    hasApiKey ||= isApiKey(value);
    return `${mark}${name}=${MASK}`;
  });
  return { path: masked, hasApiKey };
}

const SCHEME = /^bearer\s+/i;

/** As a server reads a parameter; as it is where it is not encoded as it should be. */
function decode(written: string): string {
  if (!/[%+]/.test(written)) return written;
  try {
    return decodeURIComponent(written.replaceAll("+", " "));
  } catch {
    return written;
  }
}
