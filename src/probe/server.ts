import { createServer, type IncomingMessage, type ServerResponse } from "node:http";
import type { AddressInfo } from "node:net";
import type { Duplex } from "node:stream";
import { setTimeout as pause } from "node:timers/promises";
import type { ProbeRoute } from "../provider/probe.ts";
import type { JsonValue } from "../session/json.ts";
import { createPlayer, type Answer } from "./answer.ts";
import { BodyTooLarge, BodyUnreadable, readBody } from "./body.ts";
import { geminiModelList, modelList } from "./models.ts";
import { purposeOf } from "./purpose.ts";
import { jsonReply, type Reply } from "./replies/reply.ts";
import { modelsAskedFor, probeRouteOf, proxyTarget, routeOf } from "./routes.ts";
import type { ModelRequest, RecordedRequest, Script } from "./types.ts";

export interface ModelServerOptions {
  /** Answers to the main requests; `DEFAULT_ANSWER` where there is none. */
  turns?: Script;
  /** Answer to a request for the summary of a compaction. Default `DEFAULT_SUMMARY`, in the tags that the request asks for. */
  summary?: string | ((request: ModelRequest) => string);
  /** What an agent asks beside the model. These win over everything the server would answer by itself. */
  routes?: readonly ProbeRoute[];
  /** Ids for `GET /v1/models`. Default: one, `probe`. */
  models?: readonly string[];
  /** Bytes of one request body, before and after decompression. Default 256 MiB. */
  maxBodyBytes?: number;
  /** Requests that are recorded; later ones are refused. Default 1000. */
  maxRequests?: number;
  /** Bytes of all recorded bodies together; requests are refused once they are more. Default 1 GiB. */
  maxRecordedBytes?: number;
  /** Milliseconds until the server closes by itself. Default one hour. */
  maxLifetimeMs?: number;
  /** Milliseconds until a connection is closed that has no request under way, or only a part of one. Default one minute. */
  idleSocketMs?: number;
}

/** A model service on the loopback interface that plays a script and remembers what it was asked. */
export interface ModelServer {
  /** `http://127.0.0.1:PORT`, without a path. */
  readonly baseUrl: string;
  /** Everything received so far, oldest first. */
  readonly requests: readonly RecordedRequest[];
  /** Fulfilled when the server is closed, by `close` or because its life time is over. */
  readonly closed: Promise<void>;
  /** Ends all connections, answered or not. May be called again. */
  close(): Promise<void>;
}

const DEFAULT_MAX_BODY_BYTES = 256 * 1024 * 1024;
const DEFAULT_MAX_REQUESTS = 1000;
const DEFAULT_MAX_RECORDED_BYTES = 1024 * 1024 * 1024;
const DEFAULT_MAX_LIFETIME_MS = 60 * 60 * 1000;
const DEFAULT_IDLE_SOCKET_MS = 60 * 1000;

/** An answer of the server's own that says no. */
class Refusal extends Error {
  readonly status: number;
  constructor(status: number, message: string) {
    super(message);
    this.status = status;
  }
}

/**
 * Starts a model server on a free port of 127.0.0.1. It lives in this process and ends with it. It is a proxy that
 * lets nobody out, too: a request for another machine is refused with 403, one for the server itself is answered.
 */
export async function startModelServer(options: ModelServerOptions = {}): Promise<ModelServer> {
  const requests: RecordedRequest[] = [];
  const player = createPlayer(options.turns ?? [], options.summary);
  const models = options.models ?? ["probe"];
  const maxBodyBytes = options.maxBodyBytes ?? DEFAULT_MAX_BODY_BYTES;
  const maxRequests = options.maxRequests ?? DEFAULT_MAX_REQUESTS;
  const maxRecordedBytes = options.maxRecordedBytes ?? DEFAULT_MAX_RECORDED_BYTES;
  let received = 0;
  let recordedBytes = 0;
  let ownHost = "";

  function record(method: string, path: string): RecordedRequest {
    const index = received++;
    const entry: RecordedRequest = { index, method, path, auxiliary: true, refused: true, body: null };
    if (index >= maxRequests) throw new Refusal(503, "too many requests");
    requests.push(entry);
    return entry;
  }

  async function handle(message: IncomingMessage, entry: RecordedRequest): Promise<Answer> {
    const { method, path } = entry;
    if (entry.proxyFor !== undefined) throw new Refusal(403, `${entry.proxyFor} cannot be reached from here`);
    if (recordedBytes > maxRecordedBytes) throw new Refusal(503, "too much was recorded");
    const bytes = await readBody(message, maxBodyBytes);
    recordedBytes += bytes.length;
    const json = parse(bytes);
    entry.body = json.value;
    const own = probeRouteOf(options.routes ?? [], method, path);
    if (own !== undefined) return served(entry, jsonReply(own.body, own.status));
    // The answer that makes a client fall back from a WebSocket to plain requests at once.
    if (message.headers.upgrade !== undefined) throw new Refusal(426, "no WebSocket here");
    const asked = modelsAskedFor(method, path);
    if (asked !== undefined) {
      const list = asked.wire === "gemini" ? geminiModelList : modelList;
      return served(entry, jsonReply(list(models, asked.model)));
    }
    const route = routeOf(method, path);
    if (route === undefined) throw new Refusal(404, `no model API at ${method} ${path}`);
    if (json.error !== undefined) throw new Refusal(400, json.error);
    entry.wire = route.wire;
    entry.purpose = purposeOf(route, json.value);
    entry.auxiliary = entry.purpose !== "conversation";
    entry.refused = false;
    return player.answer(route, json.value, entry.purpose, entry.index);
  }

  async function respond(message: IncomingMessage, response: ServerResponse): Promise<void> {
    const method = message.method ?? "";
    const url = message.url ?? "";
    let entry: RecordedRequest | undefined;
    try {
      const target = proxyTarget(method, url);
      entry = record(method, target?.path ?? url);
      if (target !== undefined && target.host !== ownHost) entry.proxyFor = target.host;
      await send(response, await handle(message, entry));
    } catch (error) {
      if (entry !== undefined) {
        entry.refused = true;
        entry.refusal = error instanceof Error ? error.message : String(error);
      }
      refuse(response, statusOf(error), error);
    }
  }

  function tunnel(message: IncomingMessage, socket: Duplex, head: Buffer): void {
    const host = message.url ?? "";
    socket.on("error", () => socket.destroy());
    if (host === ownHost) {
      socket.write("HTTP/1.1 200 Connection Established\r\n\r\n");
      if (head.length > 0) socket.unshift(head);
      server.emit("connection", socket);
      return;
    }
    try {
      Object.assign(record("CONNECT", host), {
        proxyFor: host,
        refusal: `${host} cannot be reached from here`,
      });
    } catch {
      // Over the limit of what is recorded: refused all the same.
    }
    socket.end("HTTP/1.1 403 Forbidden\r\ncontent-length: 0\r\nconnection: close\r\n\r\n");
  }

  const server = createServer((message, response) => void respond(message, response));
  server.on("connect", tunnel);
  server.keepAliveTimeout = options.idleSocketMs ?? DEFAULT_IDLE_SOCKET_MS;
  server.headersTimeout = server.keepAliveTimeout;
  server.requestTimeout = server.keepAliveTimeout;
  await new Promise<void>((resolve, reject) => {
    server.once("error", reject);
    server.listen(0, "127.0.0.1", resolve);
  });
  ownHost = `127.0.0.1:${(server.address() as AddressInfo).port}`;

  const closed = new Promise<void>((resolve) => server.once("close", resolve));
  const close = (): Promise<void> => {
    clearTimeout(end);
    server.close();
    // Agents keep connections alive, and a scripted turn may leave one hanging; close() alone would wait for them.
    server.closeAllConnections();
    return closed;
  };
  const end = setTimeout(() => void close(), options.maxLifetimeMs ?? DEFAULT_MAX_LIFETIME_MS);
  end.unref();
  return { baseUrl: `http://${ownHost}`, requests, closed, close };
}

function served(entry: RecordedRequest, reply: Reply): Answer {
  entry.refused = false;
  return { reply, delayMs: 0, hang: undefined };
}

/** The JSON of a body; null for an empty one and for what is no JSON. */
function parse(bytes: Buffer): { value: JsonValue; error?: string } {
  if (bytes.length === 0) return { value: null };
  try {
    return { value: JSON.parse(bytes.toString("utf8")) as JsonValue };
  } catch (error) {
    return { value: null, error: String(error) };
  }
}

async function send(response: ServerResponse, { reply, delayMs, hang }: Answer): Promise<void> {
  if (hang === "silent") return;
  if (delayMs > 0) await pause(delayMs);
  response.writeHead(reply.status ?? 200, { ...reply.headers, "content-type": reply.contentType });
  if (hang === "midway") response.write(firstHalf(reply));
  else response.end(reply.body);
}

/** Whole events, so that the agent has something to show when it is interrupted. */
function firstHalf({ contentType, body }: Reply): string {
  if (contentType === "application/json") return "";
  const events = body.split(/(?<=\n\n)/);
  return events.slice(0, Math.ceil(events.length / 2)).join("");
}

function statusOf(error: unknown): number {
  if (error instanceof Refusal) return error.status;
  if (error instanceof BodyTooLarge) return 413;
  return error instanceof BodyUnreadable ? 400 : 500;
}

/** Errors have the shape that all four vendors' clients can show. */
function refuse(response: ServerResponse, status: number, cause: unknown): void {
  if (response.headersSent) {
    response.end();
    return;
  }
  // The rest of an oversized body, or of one for another machine, is not worth reading.
  if (status === 413 || status === 403) response.setHeader("connection", "close");
  const message = cause instanceof Error ? cause.message : String(cause);
  const error = { type: "invalid_request_error", code: status, message };
  response.writeHead(status, { "content-type": "application/json" });
  response.end(JSON.stringify({ type: "error", error }));
}
