import type { ImageBlock, TextBlock, ToolCallBlock, ToolResultBlock } from "casr-cli/provider";

const ERROR = "<system>ERROR: ";
const REMARK = /^<system>([\s\S]*)<\/system>$/;
const EXIT_CODE = /^Command failed with exit code: (-?\d{1,10})\.$/;

/** A file's lines as kimi-cli shows them: every line behind its number, which is filled up with blanks. */
function unnumbered(text: string): string {
  const lines = text.split("\n");
  const last = lines.at(-1) === "" ? lines.pop() : undefined;
  if (lines.length === 0 || !lines.every((line) => /^ *\d+\t/.test(line))) return text;
  return lines.map((line) => line.replace(/^ *\d+\t/, "")).join("\n") + (last === undefined ? "" : "\n");
}

/** Whether an answer begins as those of kimi-cli do; also in sessions that Kimi Code took over from it. */
export function hasRemark([first]: readonly (TextBlock | ImageBlock)[]): boolean {
  return first?.type === "text" && REMARK.test(first.text);
}

/**
 * A `tool` message of kimi-cli (`tool_result_to_message`, 1.52.0): a remark in `<system>` tags, which says whether it
 * went well, and what the tool printed. A remark alone is all the tool had to say.
 */
export function contextResult(
  callId: string,
  content: (TextBlock | ImageBlock)[],
  call: ToolCallBlock | undefined,
): ToolResultBlock {
  const [first, ...printed] = content;
  const remark = first?.type === "text" ? REMARK.exec(first.text)?.[1] : undefined;
  const isError = first?.type === "text" && first.text.startsWith(ERROR);
  const base = { type: "tool_result" as const, callId, isError };
  if (remark === undefined) return { ...base, content };
  const said = isError ? remark.slice("ERROR: ".length) : remark;
  const isShell = call?.tool?.kind === "shell";
  const exit = isError && isShell ? EXIT_CODE.exec(said)?.[1] : undefined;
  const texts = content.flatMap((block) => (block.type === "text" ? block.text : []));
  const framed = texts.join("\n");
  const code = exit === undefined ? {} : { exitCode: Number(exit) };
  if (printed.length > 0) {
    const payload =
      call?.tool?.kind === "read"
        ? printed.map((block) => (block.type === "text" ? { ...block, text: unnumbered(block.text) } : block))
        : printed;
    // What went wrong stands in the remark, and nowhere else.
    const why: TextBlock[] = isError && exit === undefined ? [{ type: "text", text: said }] : [];
    return { ...base, ...code, content: [...why, ...payload], framed };
  }
  const isQuiet =
    exit !== undefined ||
    said === "Tool output is empty." ||
    (isShell && said === "Command executed successfully.");
  return { ...base, ...code, content: isQuiet ? [] : [{ type: "text", text: said }], framed };
}
