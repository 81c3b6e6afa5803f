import type { ProviderStatus } from "../../core/api.ts";
import type { MissingAgent } from "../missing-agents.ts";
import type { ProviderJson } from "./schemas.ts";

function missingJson({ agent, evidence, roots }: MissingAgent): ProviderJson {
  return {
    schema_version: 2,
    name: agent.name,
    slug: agent.slug,
    alias: agent.aliases[0] ?? agent.slug,
    installed: evidence.length > 0,
    version: null,
    evidence,
    aliases: agent.aliases,
    binary_path: null,
    data_found: evidence.length > 0,
    roots,
    home_variables: [],
    verified_versions: [],
    read: false,
    write: false,
    resume: false,
    probe: false,
    package: { name: agent.package, version: null, root: null, origin: "missing" },
    install_command: `casr plugins install ${agent.package}`,
  };
}

/** `providers --json`: a list, as the Rust casr prints it; agents without an installed plugin come last. */
export function providersJson(statuses: ProviderStatus[], missing: MissingAgent[]): ProviderJson[] {
  return [...statuses.map(statusJson), ...missing.map(missingJson)];
}

function statusJson({ provider, detection, binary, problem }: ProviderStatus): ProviderJson {
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
    install_command: null,
  };
  if (problem !== undefined) item.problem = problem;
  return item;
}
