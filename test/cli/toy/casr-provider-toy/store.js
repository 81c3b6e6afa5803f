function stalled(signal) {
  return new Promise((_resolve, reject) => {
    if (signal.aborted) return reject(signal.reason);
    const keepAlive = setInterval(() => {}, 1000);
    signal.addEventListener("abort", () => {
      clearInterval(keepAlive);
      reject(signal.reason);
    });
  });
}

/**
 * The store of a made-up agent called `slug`, below `~/.<slug>`. A session is `<id>.jsonl`: a line
 * with its header, then one message of casr's own form a line.
 */
export function createStore(slug) {
  const home = (world) => world.env[`${slug.toUpperCase()}_HOME`] || `${world.home}/.${slug}`;
  const folder = (world) => `${home(world)}/sessions`;

  async function refOf(path, world) {
    const stat = await world.files.stat(path);
    const id = /([^/]+)\.jsonl$/.exec(path)?.[1];
    if (stat === undefined || id === undefined) return undefined;
    return { provider: slug, id, path, sizeBytes: stat.size, modifiedAt: stat.mtimeMs };
  }

  async function headerLine(path, world) {
    for await (const line of world.files.lines(path)) return world.toolkit.parseJsonLine(line, path);
    return undefined;
  }

  async function refs(world) {
    const found = [];
    for (const { name } of await world.files.list(folder(world))) {
      const ref = await refOf(`${folder(world)}/${name}`, world);
      if (ref !== undefined) found.push(ref);
    }
    return found.sort((a, b) => b.modifiedAt - a.modifiedAt);
  }

  function unreadable(path) {
    const error = new Error(`${path} has no header`);
    Object.assign(error, { code: "source-unreadable", suggestions: [], context: { path }, exitStatus: 7 });
    Object.defineProperty(error, Symbol.for("casr.error"), { value: true });
    return error;
  }

  function headerOf(first, ref) {
    if (first?.agent !== slug) throw unreadable(ref.path);
    const { title, workspace, startedAt, model, lineage } = first;
    const known = { title, workspace, startedAt, model, lineage };
    const set = Object.fromEntries(Object.entries(known).filter(([, value]) => value !== undefined));
    return { id: ref.id, provider: slug, metadata: {}, sourcePath: ref.path, ...set };
  }

  const reader = {
    async detect(world) {
      const found = (await world.files.stat(folder(world))) !== undefined;
      const sessions = (await world.files.list(folder(world))).length;
      return {
        found,
        evidence: found ? [`${folder(world)} exists (${sessions} sessions)`] : [],
        roots: [home(world)],
      };
    },
    async *discover(world) {
      yield* await refs(world);
    },
    async *locate(word, world) {
      for (const ref of await refs(world)) if (ref.id.toLowerCase().startsWith(word.toLowerCase())) yield ref;
    },
    async identify(path, world) {
      const ref = await refOf(path, world);
      if (ref === undefined || (await headerLine(path, world))?.agent !== slug) return undefined;
      return ref;
    },
    async summarize(ref, world) {
      const { title, workspace, startedAt, model, lineage } = headerOf(
        await headerLine(ref.path, world),
        ref,
      );
      const all = { title, workspace, startedAt, model, lineage, lastActiveAt: ref.modifiedAt };
      return { ref, ...Object.fromEntries(Object.entries(all).filter(([, value]) => value !== undefined)) };
    },
    async read(ref, world) {
      // For tests of what happens when casr is stopped in the middle.
      if (world.env.TOY_STALL) await stalled(world.signal);
      const records = { total: 0, malformed: 0 };
      const messages = [];
      let header;
      for await (const line of world.files.lines(ref.path)) {
        const record = world.toolkit.parseJsonLine(line, ref.path);
        records.total += 1;
        if (header === undefined) header = headerOf(record, ref);
        else if (record === undefined) records.malformed += 1;
        else messages.push({ inContext: true, ...record, index: messages.length });
      }
      if (header === undefined) throw unreadable(ref.path);
      return {
        header,
        records,
        async *messages() {
          yield* messages;
        },
      };
    },
  };

  const writer = {
    nativeCall: () => undefined,
    async plan(session, { sessionId, workspace, lineage }, world) {
      const path = `${folder(world)}/${sessionId}.jsonl`;
      const { title, model } = session.header;
      const header = { agent: slug, title, workspace, model, startedAt: session.header.startedAt, lineage };
      async function* content() {
        yield `${JSON.stringify(header)}\n`;
        for await (const { role, content: blocks, origin, timestamp } of session.messages()) {
          yield `${JSON.stringify({ role, content: blocks, origin, timestamp })}\n`;
        }
      }
      return {
        sessionId,
        path,
        roots: [home(world)],
        steps: [{ kind: "create-file", path, content }],
        resume: await writer.resume({ id: sessionId, workspace, path }),
        notes: [],
      };
    },
    async resume({ id, workspace }) {
      return [
        { argv: [`${slug}-agent`, "--resume", id], ...(workspace === undefined ? {} : { cwd: workspace }) },
      ];
    },
  };

  return { reader, writer };
}
