import type { JsonValue } from "../../session/json.ts";

/** A file with one value replaced. */
export interface Variant {
  what: string;
  content: string;
}

const MOST_VARIANTS = 160;
const DEEPEST = 6;
const REPLACEMENTS: JsonValue[] = [null, 0, "", [], {}, [null], { "": null }];

type Path = (string | number)[];

/** Where there are values in a document, down to a depth. */
function pathsOf(value: JsonValue): Path[] {
  const paths: Path[] = [];
  let level: { path: Path; value: JsonValue }[] = [{ path: [], value }];
  for (let depth = 0; depth < DEEPEST && level.length > 0; depth += 1) {
    const next: typeof level = [];
    for (const { path, value: parent } of level) {
      if (typeof parent !== "object" || parent === null) continue;
      for (const key of Object.keys(parent)) {
        const child = { path: [...path, key], value: (parent as Record<string, JsonValue>)[key]! };
        paths.push(child.path);
        next.push(child);
      }
    }
    level = next;
  }
  return paths;
}

function replaced(document: JsonValue, path: Path, by: JsonValue): JsonValue {
  const copy = structuredClone(document);
  let place = copy as Record<string, JsonValue>;
  for (const key of path.slice(0, -1)) place = place[key] as Record<string, JsonValue>;
  place[path.at(-1)!] = by;
  return copy;
}

/** `count` of the items, evenly spread. */
export function spread<T>(items: T[], count: number): T[] {
  if (items.length <= count) return items;
  return Array.from({ length: count }, (_, index) => items[Math.floor((index * items.length) / count)]!);
}

/**
 * The file with one value after another replaced by something of another type, the same ones each time.
 * `lines` are given for JSON lines; a file that is one JSON document is taken as such; all others give nothing.
 */
export function* jsonVariants(lines: string[] | undefined, whole: string): Generator<Variant> {
  const documents = (lines ?? [whole]).flatMap((line, index) => {
    try {
      return [{ index, value: JSON.parse(line) as JsonValue }];
    } catch {
      return [];
    }
  });
  const places = documents.flatMap(({ index, value }) =>
    pathsOf(value).map((path) => ({ index, value, path })),
  );
  for (const [number, { index, value, path }] of spread(places, MOST_VARIANTS).entries()) {
    const by = REPLACEMENTS[number % REPLACEMENTS.length]!;
    const line = JSON.stringify(replaced(value, path, by));
    const content = lines === undefined ? line : `${lines.with(index, line).join("\n")}\n`;
    yield { what: `${path.join(".")} of line ${index + 1} as ${JSON.stringify(by)}`, content };
  }
}
