import type { Provider, ProviderFault, Registry } from "./api.ts";
import { CasrError } from "./errors.ts";
import { nearest } from "./nearest.ts";
import { completeRegistration, registrationProblem } from "./registration-schema.ts";

/** What one plugin's hook returned, and the package it came from. */
export interface RegistryEntry {
  registration: unknown;
  package: Provider["package"];
}

const RANK: Record<Provider["package"]["origin"], number> = { linked: 2, user: 1, bundled: 0 };

function faultOf(provider: Provider, message: string): ProviderFault {
  return { package: provider.package.name, version: provider.package.version, slug: provider.slug, message };
}

/** Of two packages with one slug the higher ranked stays: linked before user before bundled. */
function claimSlug(bySlug: Map<string, Provider>, provider: Provider, faults: ProviderFault[]): void {
  const other = bySlug.get(provider.slug);
  if (other === undefined) {
    bySlug.set(provider.slug, provider);
    return;
  }
  const difference = RANK[provider.package.origin] - RANK[other.package.origin];
  if (difference > 0) bySlug.set(provider.slug, provider);
  if (difference !== 0) return;
  const message = `both ${other.package.name} and ${provider.package.name} provide "${provider.slug}"; uninstall one of them`;
  faults.push(faultOf(provider, message));
}

/** Drops aliases that another provider has as slug, or has claimed before. */
function settleAliases(providers: Provider[], faults: ProviderFault[]): Provider[] {
  const taken = new Set(providers.map((provider) => provider.slug));
  return providers.map((provider) => {
    const aliases = provider.aliases.filter((alias) => {
      if (alias === provider.slug) return false;
      if (!taken.has(alias)) return taken.add(alias);
      faults.push(faultOf(provider, `its alias "${alias}" belongs to another provider and is left out`));
      return false;
    });
    return { ...provider, aliases };
  });
}

/**
 * Makes the registry from what the plugins' hooks returned. Nothing a plugin does is fatal here: what
 * is wrong becomes a fault, and the other providers work on.
 */
export function createRegistry(entries: RegistryEntry[], failures: ProviderFault[] = []): Registry {
  const faults = [...failures];
  const bySlug = new Map<string, Provider>();
  // Plugin order is not stable between runs of oclif; names are.
  const ordered = [...entries].sort((a, b) => (a.package.name < b.package.name ? -1 : 1));
  for (const entry of ordered) {
    const registration = completeRegistration(entry.registration);
    if (registration !== undefined) claimSlug(bySlug, { ...registration, package: entry.package }, faults);
    else {
      const message = registrationProblem(entry.registration) ?? "its registration is unsound";
      faults.push({ package: entry.package.name, version: entry.package.version, message });
    }
  }
  const slugs = [...bySlug.keys()].sort();
  const providers = settleAliases(
    slugs.map((slug) => bySlug.get(slug)!),
    faults,
  );

  const find = (word: string): Provider | undefined => {
    const wanted = word.toLowerCase();
    return providers.find((provider) => provider.slug === wanted || provider.aliases.includes(wanted));
  };
  return {
    providers,
    faults,
    find,
    get(word) {
      const provider = find(word);
      if (provider !== undefined) return provider;
      throw unknownProvider(word, providers, faults);
    },
  };
}

function unknownProvider(word: string, providers: Provider[], faults: ProviderFault[]): CasrError {
  const names = providers.flatMap((provider) => [provider.slug, ...provider.aliases]);
  const near = nearest(word, names);
  const fault = faults.find((candidate) => candidate.slug === word || candidate.package.endsWith(`-${word}`));
  const suggestions = near.map((name) => `Did you mean "${name}"?`);
  if (fault !== undefined)
    suggestions.unshift(`${fault.package} ${fault.version} is installed but unusable: ${fault.message}`);
  else if (/^[a-z][a-z0-9-]*$/.test(word))
    suggestions.push(`If there is a plugin for it: casr plugins install casr-provider-${word}`);
  suggestions.push("See what is installed: casr providers");
  return new CasrError("unknown-provider", `No provider is called "${word}".`, {
    suggestions,
    context: { word, providers: providers.map((provider) => provider.slug), near },
  });
}
