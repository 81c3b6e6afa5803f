// Loads a hook module in a process of its own and tells on descriptor 3 what that loaded. Started by load.ts.
import { writeSync } from "node:fs";
import { registerHooks } from "node:module";

const hook = process.argv[2]!;
const loaded: string[] = [];
registerHooks({
  resolve(specifier, context, nextResolve) {
    const resolved = nextResolve(specifier, context);
    if (resolved.url !== hook) loaded.push(resolved.url);
    return resolved;
  },
});

type Loader = (() => Promise<unknown>) | undefined;

const report: { error?: string; eager: string[]; lazy: string[] } = { eager: [], lazy: [] };
try {
  const module = (await import(hook)) as { default?: unknown };
  let provide = module.default;
  // A CommonJS module made from an ES module has its default export one level down.
  if (typeof provide === "object" && provide !== null && "default" in provide) provide = provide.default;
  if (typeof provide !== "function") throw new Error("its default export is not a function");
  const registrations: unknown = await provide.call({}, {});
  report.eager = [...loaded];
  if (!Array.isArray(registrations)) throw new Error("it returned no list of providers");
  for (const registration of registrations as Record<string, Loader>[]) {
    for (const part of ["reader", "writer", "probe"]) await registration?.[part]?.();
  }
  report.lazy = loaded.slice(report.eager.length);
} catch (error) {
  report.error = error instanceof Error ? error.message : String(error);
}
writeSync(3, JSON.stringify(report));
