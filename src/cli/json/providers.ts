import type { ProviderStatus } from "../../core/api.ts";
import type { ProviderJson } from "./schemas.ts";

/** `providers --json`: a list, as the Rust casr prints it. */
export function providersJson(statuses: ProviderStatus[]): ProviderJson[] {
  return statuses.map(({ provider, detection, binary, problem }) => {
    const item: ProviderJson = {
      schema_version: 2,
      name: provider.name,
      slug: provider.slug,
      alias: provider.aliases[0] ?? provider.slug,
      installed: detection.found || binary !== undefined,
      version: binary?.version ?? null,
      evidence: detection.evidence,
      aliases: provider.aliases,
      binary_path: binary?.path ?? null,
      data_found: detection.found,
      roots: detection.roots,
      home_variables: provider.homeVariables,
      verified_versions: provider.verified.map(({ version }) => version),
      read: provider.reader !== undefined,
      write: provider.writer !== undefined,
      resume: provider.writer !== undefined,
      probe: provider.probe !== undefined,
      package: { ...provider.package },
    };
    if (problem !== undefined) item.problem = problem;
    return item;
  });
}
