import { expect, test } from "vitest";
import { createProgress } from "../../src/cli/progress.ts";

function terminal(isTTY: boolean): { stream: NodeJS.WriteStream; written: string[] } {
  const written: string[] = [];
  const stream = { isTTY, columns: 40, write: (text: string) => written.push(text) > 0 };
  return { stream: stream as unknown as NodeJS.WriteStream, written };
}

test("progress waits a second, speaks at most ten times a second, and goes away", () => {
  let time = 0;
  const { stream, written } = terminal(true);
  const progress = createProgress(stream, () => time);
  progress.update("reading", 1, 10);
  progress.clear();
  expect(written).toEqual([]);
  time = 1500;
  progress.update("reading", 5 * 1024, 10 * 1024);
  time = 1550;
  progress.update("reading", 6 * 1024, 10 * 1024);
  time = 1700;
  progress.update("writing", 3 * 1024, 0);
  progress.clear();
  expect(written).toEqual([
    "\r\u001B[Kreading 50% of 10 KB, 3.3 KB/s, 2 s le…",
    "\r\u001B[Kwriting 3.0 KB, 1.8 KB/s",
    "\r\u001B[K",
  ]);
});

test("progress says how fast it is and how long it will take", () => {
  let time = 0;
  const { stream, written } = terminal(true);
  const progress = createProgress({ ...stream, columns: 80 } as typeof stream, () => time);
  const mb = 1024 * 1024;
  progress.update("reading", 0, 1000 * mb);
  time = 2000;
  progress.update("reading", 100 * mb, 1000 * mb);
  time = 4000;
  progress.update("verifying", 20 * mb, 1000 * mb);
  time = 5000;
  progress.update("verifying", 1000 * mb, 1000 * mb);
  expect(written.map((line) => line.slice(4))).toEqual([
    "reading 10% of 1000 MB, 50 MB/s, 18 s left",
    "verifying 2% of 1000 MB, 5.0 MB/s, 3 min 16 s left",
    "verifying 100% of 1000 MB, 200 MB/s",
  ]);
});

test("nothing is shown where stderr is no terminal", () => {
  let time = 0;
  const { stream, written } = terminal(false);
  const progress = createProgress(stream, () => time);
  time = 5000;
  progress.update("reading", 1, 2);
  progress.clear();
  expect(written).toEqual([]);
});
