import { createServer, type IncomingMessage, type ServerResponse } from "node:http";
import type { AddressInfo } from "node:net";
import { promisify } from "node:util";
import { brotliDecompress, gunzip, inflate, zstdDecompress } from "node:zlib";
import type { ProbeRoute } from "../provider/probe.ts";
import { isJsonObject, type JsonValue } from "../session/json.ts";
import { renderAnthropic } from "./replies/anthropic.ts";
import { renderChat } from "./replies/chat.ts";
import { renderGemini } from "./replies/gemini.ts";
import { jsonReply, type Render, type Reply } from "./replies/reply.ts";
import { renderResponses } from "./replies/responses.ts";
import { isAuxiliary, jsonSchemaOf, routeOf, type Route } from "./routes.ts";
import { sampleJson } from "./sample-json.ts";
import type { RecordedRequest, ScriptedTurn, Wire } from "./types.ts";

export interface ModelServerOptions {
  /** Answers to the main requests, in order; when they run out, `DEFAULT_ANSWER`. */
  turns?: readonly ScriptedTurn[];
  /** Bytes of one request body, before and after decompression. */
  maxBodyBytes?: number;
  /** Requests that are recorded; later ones are refused. */
  maxRequests?: number;
  /** Answers to what agents ask beside the model; the first that fits counts. */
  routes?: readonly ProbeRoute[];
}

/** A model service on the loopback interface that plays a script and remembers what it was asked. */
export interface ModelServer {
  /** `http://127.0.0.1:PORT`, without a path. */
  readonly baseUrl: string;
  /** Everything received so far, oldest first. */
  readonly requests: readonly RecordedRequest[];
  close(): Promise<void>;
}

/** What the model says when nothing else is scripted. */
export const DEFAULT_ANSWER = "Understood.";

const RENDERERS: Record<Wire, Render> = {
  anthropic: renderAnthropic,
  responses: renderResponses,
  chat: renderChat,
  gemini: renderGemini,
};

const DEFAULT_MAX_BODY_BYTES = 256 * 1024 * 1024;
const DEFAULT_MAX_REQUESTS = 1000;

/** Starts a model server on a free port of 127.0.0.1. */
export async function startModelServer(options: ModelServerOptions = {}): Promise<ModelServer> {
  const requests: RecordedRequest[] = [];
  const turns = [...(options.turns ?? [])];
  const maxBodyBytes = options.maxBodyBytes ?? DEFAULT_MAX_BODY_BYTES;
  const maxRequests = options.maxRequests ?? DEFAULT_MAX_REQUESTS;
  let received = 0;

  async function handle(message: IncomingMessage, response: ServerResponse): Promise<void> {
    const method = message.method ?? "";
    const path = message.url ?? "";
    const index = received++;
    if (index >= maxRequests) return refuse(response, 503, "too many requests");
    const route = routeOf(method, path);
    const record: RecordedRequest = { index, method, path, auxiliary: true, refused: true, body: null };
    requests.push(record);
    let body: JsonValue;
    try {
      body = await readJson(message, maxBodyBytes);
    } catch (error) {
      return refuse(response, error instanceof BodyTooLarge ? 413 : 400, String(error));
    }
    record.body = body;
    // The answer that makes a client fall back from a WebSocket to plain requests at once.
    if (message.headers.upgrade !== undefined) return refuse(response, 426, "no WebSocket here");
    const own = options.routes?.find((candidate) => fits(candidate, method, path));
    if (route === undefined && own !== undefined) {
      record.refused = false;
      return send(response, own.status, jsonReply(own.body as JsonValue));
    }
    if (route === undefined) return refuse(response, 404, `no model API at ${method} ${path}`);
    record.wire = route.wire;
    record.refused = false;
    record.auxiliary = isAuxiliary(route, body);
    send(
      response,
      200,
      answer(route, body, index, () => turns.shift(), record.auxiliary),
    );
  }

  const server = createServer((message, response) => {
    handle(message, response).catch((error: unknown) => refuse(response, 500, String(error)));
  });
  await new Promise<void>((resolve, reject) => {
    server.once("error", reject);
    server.listen(0, "127.0.0.1", resolve);
  });
  const { port } = server.address() as AddressInfo;
  return {
    baseUrl: `http://127.0.0.1:${port}`,
    requests,
    close: () =>
      new Promise((resolve) => {
        server.close(() => resolve());
        // Agents keep connections alive; close() alone would wait for them.
        server.closeAllConnections();
      }),
  };
}

function answer(
  route: Route,
  body: JsonValue,
  sequence: number,
  nextTurn: () => ScriptedTurn | undefined,
  auxiliary: boolean,
): Reply {
  if (route.action === "count-tokens") {
    return jsonReply(route.wire === "gemini" ? { totalTokens: 10 } : { input_tokens: 10 });
  }
  const request = isJsonObject(body) ? body : {};
  const schema = route.wire === "gemini" ? jsonSchemaOf(body) : undefined;
  let turn: ScriptedTurn = { text: DEFAULT_ANSWER };
  if (schema !== undefined) turn = { text: JSON.stringify(sampleJson(schema)) };
  else if (!auxiliary) turn = nextTurn() ?? turn;
  const model = route.model ?? request["model"];
  return RENDERERS[route.wire](turn, {
    sequence,
    model: typeof model === "string" ? model : "probe",
    stream: route.stream ?? request["stream"] === true,
  });
}

function fits(route: ProbeRoute, method: string, url: string): boolean {
  const [path = "", query = ""] = url.split("?", 2);
  const isPath = route.path.endsWith("*") ? path.startsWith(route.path.slice(0, -1)) : path === route.path;
  return isPath && method === route.method && query.includes(route.query ?? "");
}

function send(response: ServerResponse, status: number, reply: Reply): void {
  response.writeHead(status, { "content-type": reply.contentType });
  response.end(reply.body);
}

/** Errors have the shape that all four vendors' clients can show. */
function refuse(response: ServerResponse, status: number, message: string): void {
  if (response.headersSent) {
    response.end();
    return;
  }
  // The rest of an oversized body is not worth reading.
  if (status === 413) response.setHeader("connection", "close");
  const error = { type: "invalid_request_error", code: status, message };
  send(response, status, jsonReply({ type: "error", error }));
}

class BodyTooLarge extends Error {}

const DECODERS: Record<string, (data: Buffer, options: { maxOutputLength: number }) => Promise<Buffer>> = {
  gzip: promisify(gunzip),
  deflate: promisify(inflate),
  br: promisify(brotliDecompress),
  zstd: promisify(zstdDecompress),
};

/** The JSON of a request body; null for an empty one. */
async function readJson(message: IncomingMessage, limit: number): Promise<JsonValue> {
  const chunks: Buffer[] = [];
  let size = 0;
  for await (const chunk of message as AsyncIterable<Buffer>) {
    size += chunk.length;
    if (size > limit) throw new BodyTooLarge(`request body over ${limit} bytes`);
    chunks.push(chunk);
  }
  let bytes: Buffer = Buffer.concat(chunks);
  const encoding = message.headers["content-encoding"];
  if (encoding !== undefined && encoding !== "identity") {
    const decode = DECODERS[encoding];
    if (decode === undefined) throw new Error(`unknown content encoding ${encoding}`);
    bytes = await decode(bytes, { maxOutputLength: limit });
  }
  if (bytes.length === 0) return null;
  return JSON.parse(bytes.toString("utf8")) as JsonValue;
}
