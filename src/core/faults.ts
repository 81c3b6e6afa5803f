import type { Provider } from "./api.ts";
import { CasrError, isCasrError, messageOf } from "./errors.ts";

/** What went wrong inside a plugin, as an error that names the package. casr's own errors pass through. */
export function providerFault(provider: Provider, error: unknown): unknown {
  if (isCasrError(error) || (error instanceof Error && error.name === "AbortError")) return error;
  const { name, version } = provider.package;
  return new CasrError("provider-fault", `${name} ${version} failed: ${messageOf(error)}`, {
    suggestions: [`Update it: casr plugins update`, `Or report it to the authors of ${name}.`],
    context: { provider: provider.slug, package: name, version },
    cause: error,
  });
}

/** Runs what casr does with a plugin's plan: a refusal of the plan gets the plugin's name. */
export async function naming<T>(provider: Provider, action: () => Promise<T>): Promise<T> {
  try {
    return await action();
  } catch (error) {
    if (!isCasrError(error) || error.code !== "provider-fault" || error.context["package"] !== undefined)
      throw error;
    const { name, version } = provider.package;
    throw new CasrError(error.code, `${name} ${version}: ${error.message}`, {
      suggestions: error.suggestions,
      context: { ...error.context, provider: provider.slug, package: name, version },
      cause: error,
    });
  }
}

/** Runs a step of a plugin; whatever it throws becomes an error that names the plugin. */
export async function guarded<T>(provider: Provider, action: () => Promise<T>): Promise<T> {
  try {
    return await action();
  } catch (error) {
    throw providerFault(provider, error);
  }
}
