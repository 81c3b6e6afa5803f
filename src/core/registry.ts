import type { Registration } from "../provider/registration.ts";
import type { Provider, ProviderFault, ProviderOffer, Registry } from "./api.ts";
import { CasrError } from "./errors.ts";
import { loadGuardedReader } from "./guarded-reader.ts";
import { loadGuardedWriter } from "./guarded-writer.ts";
import { nearest } from "./nearest.ts";
import type { JsonObject } from "../session/json.ts";
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

/** A provider whose reader and writer are held to the contract. */
function providerOf(registration: Registration, from: Provider["package"]): Provider {
  const { slug, reader, writer } = registration;
  const owner = { slug, name: from.name, version: from.version };
  const provider: Provider = { ...registration, package: from };
  if (reader !== undefined) provider.reader = loadGuardedReader(reader, owner);
  if (writer !== undefined) provider.writer = loadGuardedWriter(writer);
  return provider;
}

/** Whether a package is named after the provider it brings: `casr-provider-codex`, `@acme/casr-provider-codex`. */
function isNamesake(provider: Provider): boolean {
  return provider.package.name.replace(/^@[^/]+\//, "") === `casr-provider-${provider.slug}`;
}

/** Higher goes first where two packages claim one name. */
function claimOf(provider: Provider): number {
  return RANK[provider.package.origin] * 2 + (isNamesake(provider) ? 1 : 0);
}

const named = ({ package: { name, version } }: Provider): string => `${name} ${version}`;

/**
 * Of two packages with one slug the higher ranked stays: linked before user before bundled. An installed
 * package takes the place of a bundled one only when its name says so: nobody who installs
 * `casr-provider-notes` expects it to become their Codex.
 */
function claimSlug(bySlug: Map<string, Provider>, provider: Provider, faults: ProviderFault[]): void {
  const other = bySlug.get(provider.slug);
  if (other === undefined) {
    bySlug.set(provider.slug, provider);
    return;
  }
  const [winner, loser] = claimOf(provider) > claimOf(other) ? [provider, other] : [other, provider];
  const isUsurper = winner.package.origin === "user" && !isNamesake(winner);
  if (loser.package.origin === "bundled" && winner.package.origin !== "bundled") {
    bySlug.set(provider.slug, isUsurper ? loser : winner);
    if (!isUsurper) return;
    const message = `it claims "${winner.slug}", which ${named(loser)} provides; it is left out`;
    faults.push(faultOf(winner, message));
    return;
  }
  bySlug.set(provider.slug, winner);
  if (RANK[winner.package.origin] > RANK[loser.package.origin]) return;
  const message = `it claims "${loser.slug}" like ${named(winner)}, which is used; uninstall one of them`;
  faults.push(faultOf(loser, message));
}

/** Drops aliases that another provider has as slug, or has claimed before; `isOwn` providers claim first. */
function settleAliases(
  providers: Provider[],
  isOwn: (provider: Provider) => boolean,
  faults: ProviderFault[],
): Provider[] {
  const taken = new Set(providers.map((provider) => provider.slug));
  const bySlug = (a: Provider, b: Provider): number => (a.slug < b.slug ? -1 : 1);
  const settled = [...providers]
    .sort((a, b) => Number(isOwn(b)) - Number(isOwn(a)) || bySlug(a, b))
    .map((provider) => {
      const aliases = provider.aliases.filter((alias) => {
        if (alias === provider.slug) return false;
        if (!taken.has(alias)) return taken.add(alias);
        faults.push(faultOf(provider, `its alias "${alias}" belongs to another provider and is left out`));
        return false;
      });
      return { ...provider, aliases };
    });
  return settled.sort(bySlug);
}

/** Takes out strangers whose slug is a bundled provider's short name: `casr cc` must stay what it is. */
function dropShadows(providers: Provider[], faults: ProviderFault[]): Provider[] {
  const bundled = providers.filter((provider) => provider.package.origin === "bundled");
  return providers.filter((provider) => {
    if (bundled.includes(provider)) return true;
    const owner = bundled.find((other) => other.aliases.includes(provider.slug));
    if (owner === undefined) return true;
    const message = `its slug "${provider.slug}" is a short name of ${named(owner)}; it is left out`;
    faults.push(faultOf(provider, message));
    return false;
  });
}

/**
 * Makes the registry from what the plugins' hooks returned. Nothing a plugin does is fatal here: what
 * is wrong becomes a fault, and the other providers work on. `offers` are the host's own providers, installed
 * or not: their short names are theirs, and who asks for one that is missing is told how to install it.
 */
export function createRegistry(
  entries: RegistryEntry[],
  failures: ProviderFault[] = [],
  offers: readonly ProviderOffer[] = [],
): Registry {
  const faults = [...failures];
  const bySlug = new Map<string, Provider>();
  // Plugin order is not stable between runs of oclif; names are.
  const ordered = [...entries].sort((a, b) => (a.package.name < b.package.name ? -1 : 1));
  for (const entry of ordered) {
    const registration = completeRegistration(entry.registration);
    if (registration !== undefined) claimSlug(bySlug, providerOf(registration, entry.package), faults);
    else {
      const message = registrationProblem(entry.registration) ?? "its registration is unsound";
      faults.push({ package: entry.package.name, version: entry.package.version, message });
    }
  }
  const providers = settleAliases(
    dropShadows([...bySlug.values()], faults),
    ({ slug, package: { origin } }) => origin === "bundled" || offers.some((offer) => offer.slug === slug),
    faults,
  );

  const find = (word: string): Provider | undefined => {
    const wanted = word.toLowerCase();
    return providers.find((provider) => provider.slug === wanted || provider.aliases.includes(wanted));
  };
  const absent = offers.filter(({ slug }) => find(slug) === undefined);
  const offer = (word: string): ProviderOffer | undefined => {
    const wanted = word.toLowerCase();
    return absent.find(({ slug, aliases }) => slug === wanted || aliases.includes(wanted));
  };
  return {
    providers,
    faults,
    find,
    offer,
    absent,
    get(word) {
      const provider = find(word);
      if (provider !== undefined) return provider;
      throw unknownProvider(word, providers, faults, absent);
    },
  };
}

const installCommand = (offer: ProviderOffer): string => `casr plugins install ${offer.package}`;

function unknownProvider(
  word: string,
  providers: Provider[],
  faults: ProviderFault[],
  absent: ProviderOffer[],
): CasrError {
  const near = nearest(
    word,
    providers.flatMap((provider) => [provider.slug, ...provider.aliases]),
  );
  const context = { word, providers: providers.map((provider) => provider.slug), near };
  const fail = (message: string, suggestions: string[], more: JsonObject = {}): CasrError =>
    new CasrError("unknown-provider", message, { suggestions, context: { ...context, ...more } });
  const fault = faults.find((candidate) => candidate.slug === word || candidate.package.endsWith(`-${word}`));
  if (fault !== undefined) {
    const { package: name, version } = fault;
    const next = [`Have it looked at: casr providers check ${name}`, "Update it: casr plugins update"];
    return fail(`${name} ${version} is installed but unusable: ${fault.message}`, next, { package: name });
  }
  const wanted = word.toLowerCase();
  const known = absent.find(({ slug, aliases }) => slug === wanted || aliases.includes(wanted));
  if (known !== undefined) {
    const next = [`Install it: ${installCommand(known)}`, "See what is installed: casr providers"];
    return fail(`The provider for ${known.name} is not installed.`, next, { install: known.package });
  }
  const suggestions = near.map((name) => `Did you mean "${name}"?`);
  for (const offer of absent) {
    if (nearest(word, [offer.slug, ...offer.aliases]).length > 0)
      suggestions.push(`Did you mean ${offer.name}? It is not installed yet: ${installCommand(offer)}`);
  }
  if (suggestions.length === 0 && /^[a-z][a-z0-9-]*$/.test(word))
    suggestions.push(`If there is a plugin for it: casr plugins install casr-provider-${word}`);
  suggestions.push("See what is installed: casr providers");
  return fail(`No provider is called "${word}".`, suggestions);
}
