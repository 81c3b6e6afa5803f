/** One session a file: a header line, then one message a line, both in casr's own terms. */

export function storeOf(world) {
  return world.env.TINY_HOME ?? `${world.home}/.tiny`;
}

function refOf(name, path, stats) {
  return {
    provider: "tiny",
    id: name.slice(0, -".jsonl".length),
    path,
    sizeBytes: stats.size,
    modifiedAt: stats.mtimeMs,
  };
}

async function* discover(world) {
  const store = storeOf(world);
  for (const entry of await world.files.list(store)) {
    if (entry.kind !== "file" || !entry.name.endsWith(".jsonl")) continue;
    const path = `${store}/${entry.name}`;
    const stats = await world.files.stat(path);
    if (stats !== undefined) yield refOf(entry.name, path, stats);
  }
}

async function headerOf(ref, world) {
  for await (const line of world.files.lines(ref.path))
    return world.toolkit.parseJsonLine(line, ref.path) ?? {};
  return {};
}

export const reader = {
  async detect(world) {
    const store = storeOf(world);
    const found = (await world.files.stat(store)) !== undefined;
    return { found, evidence: found ? [`${store} exists`] : [], roots: [store] };
  },
  discover,
  async *locate(word, world) {
    for await (const ref of discover(world)) if (ref.id.startsWith(word)) yield ref;
  },
  async identify(path, world) {
    const name = path.split("/").at(-1);
    const stats = await world.files.stat(path);
    return stats !== undefined && path.includes("/.tiny/") && name.endsWith(".jsonl")
      ? refOf(name, path, stats)
      : undefined;
  },
  async summarize(ref, world) {
    const header = await headerOf(ref, world);
    return { ref, title: header.title, workspace: header.workspace };
  },
  async read(ref, world) {
    const head = await headerOf(ref, world);
    const header = { id: ref.id, provider: "tiny", metadata: {}, sourcePath: ref.path };
    if (typeof head.title === "string") header.title = head.title;
    if (typeof head.workspace === "string") header.workspace = head.workspace;
    if (typeof head.lineage === "object") header.lineage = head.lineage;
    return {
      header,
      records: { total: 1, malformed: 0 },
      async *messages() {
        let index = 0;
        for await (const line of world.files.lines(ref.path)) {
          const record = line.number === 1 ? undefined : world.toolkit.parseJsonLine(line, ref.path);
          if (record !== undefined) yield { ...record, index: index++, inContext: true };
        }
      },
    };
  },
};
