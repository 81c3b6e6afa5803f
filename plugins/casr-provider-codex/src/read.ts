import type { Reader, SessionReading, SessionRef, World } from "casr-cli/provider";
import { segmentsOf } from "./chain.ts";
import { detect, discover, identify, locate } from "./discover.ts";
import { unreadable } from "./faults.ts";
import { headerOf } from "./header.ts";
import { messagesOf } from "./messages.ts";
import { scanSession } from "./scan.ts";
import { statRollout } from "./store.ts";
import { summarize } from "./summary.ts";
import { nativeName } from "./titles.ts";

async function read(ref: SessionRef, world: World): Promise<SessionReading> {
  const found = await statRollout(ref.path, world);
  if (found === undefined) throw unreadable(`${ref.path} does not exist`, ref.path);
  const { meta, segments } = await segmentsOf(found.path, world);
  const scan = await scanSession(segments, world);
  if (meta === undefined && scan.replay.all.length === 0) {
    throw unreadable(`${ref.path} holds no Codex session`, ref.path);
  }
  const name = nativeName(ref.listed, meta?.payload["history_mode"] === "paginated");
  const header = headerOf(
    { ...ref, path: found.path },
    meta,
    scan,
    name === undefined ? {} : { nativeName: name },
    world.toolkit,
  );
  return {
    header,
    records: scan.records,
    messages: ({ history }) => messagesOf(segments, scan, history, world),
  };
}

export const reader: Reader = { detect, discover, locate, identify, summarize, read };
