import { StringDecoder } from "node:string_decoder";

/**
 * Calls `take` with the value of each line. Node's readline is no use here: it also breaks lines at U+2028, which
 * JSON leaves as it is.
 */
export function onJsonLine(stream: NodeJS.ReadableStream, take: (value: unknown) => void): void {
  const decoder = new StringDecoder("utf8");
  let parts: string[] = [];
  stream.on("data", (chunk: Buffer) => {
    const lines = decoder.write(chunk).split("\n");
    const rest = lines.pop() ?? "";
    for (const line of lines) {
      take(JSON.parse(parts.join("") + line));
      parts = [];
    }
    parts.push(rest);
  });
}
