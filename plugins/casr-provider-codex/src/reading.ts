import type { ReadingMark, SessionReading, SessionRef, World } from "casr-cli/provider";
import { segmentsOf, type Segment } from "./chain.ts";
import { unreadable } from "./faults.ts";
import { headerOf } from "./header.ts";
import { messagesOf, type MessagesOptions, type MessagesStart } from "./messages.ts";
import type { Envelope } from "./native.ts";
import { canGrow, markAt, onlyGrows, startAt } from "./reading-on.ts";
import { scanSession, type Scan } from "./scan.ts";
import { statRollout } from "./store.ts";
import { nativeName } from "./titles.ts";
import type { ScanStart } from "./turn.ts";

export async function read(ref: SessionRef, world: World): Promise<SessionReading> {
  const found = await statRollout(ref.path, world);
  if (found === undefined) throw unreadable(`${ref.path} does not exist`, ref.path);
  const { meta, segments } = await segmentsOf(found.path, world);
  const scan = await scanSession(segments, world);
  if (meta === undefined && scan.replay.all.length === 0) {
    throw unreadable(`${ref.path} holds no Codex session`, ref.path);
  }
  return opened({ ...ref, path: found.path }, { meta, segments, scan }, world);
}

/** Codex only ever adds to a file; what takes something back is a line of its own. */
export async function readOn(
  ref: SessionRef,
  mark: ReadingMark,
  world: World,
): Promise<SessionReading | undefined> {
  const start = startAt(mark);
  const found = await statRollout(ref.path, world);
  if (start === undefined || found === undefined) return undefined;
  const { meta, segments } = await segmentsOf(found.path, world);
  if (!canGrow(segments)) return undefined;
  const scan = await scanSession(segments, world, start);
  if (!onlyGrows(scan, start, world)) return undefined;
  return opened({ ...ref, path: found.path }, { meta, segments, scan, start }, world);
}

/** The passes over a session, and where they began. */
interface Passes {
  meta: Envelope | undefined;
  segments: Segment[];
  scan: Scan;
  start?: ScanStart & MessagesStart;
}

function opened(ref: SessionRef, { meta, segments, scan, start }: Passes, world: World): SessionReading {
  const name = nativeName(ref.listed, meta?.payload["history_mode"] === "paginated");
  const names = name === undefined ? {} : { nativeName: name };
  let mark: ReadingMark | undefined;
  return {
    header: headerOf(ref, meta, scan, names, world.toolkit),
    records: scan.records,
    messages({ history }) {
      if (start !== undefined) history = "full";
      const atTurn: MessagesOptions["atTurn"] = (turn, at) => {
        mark ??= markAt(scan, turn, at, world.toolkit);
      };
      const marks = history === "full" && canGrow(segments) ? { atTurn } : {};
      return messagesOf(
        segments,
        scan,
        { history, ...marks, ...(start === undefined ? {} : { start }) },
        world,
      );
    },
    get mark() {
      return mark;
    },
  };
}
