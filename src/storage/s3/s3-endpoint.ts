import { checkEndpoint } from "../store-location.ts";

/** The SDK reads these too, but would put the bucket into the host name, which only AWS's own names support. */
export function endpointOfEnvironment(): string | undefined {
  for (const variable of ["AWS_ENDPOINT_URL_S3", "AWS_ENDPOINT_URL"]) {
    const endpoint = process.env[variable] ?? "";
    if (endpoint === "") continue;
    checkEndpoint(endpoint, variable);
    return endpoint;
  }
  return undefined;
}
