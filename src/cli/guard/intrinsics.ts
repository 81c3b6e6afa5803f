/** What everything in the process shares, and what a plugin must therefore leave as it is. */
const SHARED: [name: string, object: object][] = [
  ["Object", Object],
  ["Object.prototype", Object.prototype],
  ["Function.prototype", Function.prototype],
  ["Array", Array],
  ["Array.prototype", Array.prototype],
  ["String.prototype", String.prototype],
  ["Number.prototype", Number.prototype],
  ["Boolean.prototype", Boolean.prototype],
  ["Symbol.prototype", Symbol.prototype],
  ["RegExp.prototype", RegExp.prototype],
  ["Date", Date],
  ["Date.prototype", Date.prototype],
  ["Map.prototype", Map.prototype],
  ["Set.prototype", Set.prototype],
  ["Promise", Promise],
  ["Promise.prototype", Promise.prototype],
  ["Error.prototype", Error.prototype],
  ["Buffer", Buffer],
  ["JSON", JSON],
  ["Math", Math],
  ["Reflect", Reflect],
  ["console", console],
];

/** Globals a plugin could replace as a whole. Others are made by Node when first used, which is no replacement. */
const GLOBALS = [
  "Object",
  "Array",
  "String",
  "Number",
  "RegExp",
  "Date",
  "Map",
  "Set",
  "Promise",
  "Error",
  "JSON",
  "Math",
  "Reflect",
  "Buffer",
  "console",
  "process",
  "setTimeout",
  "clearTimeout",
  "setInterval",
  "clearInterval",
  "setImmediate",
  "queueMicrotask",
];

const { defineProperty, getOwnPropertyDescriptor, is } = Object;
const { deleteProperty, ownKeys } = Reflect;

type Descriptors = Map<PropertyKey, PropertyDescriptor>;

let before: { name: string; object: object; had: Descriptors; added: boolean }[] | undefined;

function descriptors(object: object, keys: readonly PropertyKey[]): Descriptors {
  const found: Descriptors = new Map();
  for (const key of keys) {
    const descriptor = getOwnPropertyDescriptor(object, key);
    if (descriptor !== undefined) found.set(key, descriptor);
  }
  return found;
}

/** Remembers what everybody shares, as it is now. */
export function rememberIntrinsics(): void {
  before = SHARED.map(([name, object]) => ({
    name,
    object,
    had: descriptors(object, ownKeys(object)),
    added: true,
  }));
  before.push({
    name: "globalThis",
    object: globalThis,
    had: descriptors(globalThis, GLOBALS),
    added: false,
  });
}

function isSame(a: PropertyDescriptor | undefined, b: PropertyDescriptor): boolean {
  return a !== undefined && is(a.value, b.value) && a.get === b.get && a.set === b.set;
}

/** Puts everything shared back to what was remembered; gives the names of what had been changed. */
export function restoreIntrinsics(): string[] {
  const changed: string[] = [];
  for (const { name, object, had, added } of before ?? []) {
    for (const [key, descriptor] of had) {
      if (isSame(getOwnPropertyDescriptor(object, key), descriptor)) continue;
      changed.push(`${name}.${String(key)}`);
      // A property that was made unchangeable stays as the plugin left it.
      if (getOwnPropertyDescriptor(object, key)?.configurable !== false)
        defineProperty(object, key, descriptor);
      else if (descriptor.writable === true) (object as Record<PropertyKey, unknown>)[key] = descriptor.value;
    }
    if (!added) continue;
    for (const key of ownKeys(object)) {
      if (had.has(key)) continue;
      changed.push(`${name}.${String(key)}`);
      deleteProperty(object, key);
    }
  }
  return changed;
}
