import { errorMessage, isJsonObject, type JsonObject, type JsonValue } from "@lateen/base";
import { valueAt } from "@lateen/objects";
import { objectsOf, specOf } from "../kinds/edit.ts";
import { concatBytes } from "../object/stored-form.ts";
import { textOf } from "../object/text.ts";
import { keyOf } from "../registry/resource.ts";
import type { ResourceRequest } from "../request/context.ts";
import { readObject } from "../server/core.ts";
import { badRequest, isStatusError, notFound, statusError } from "../status/errors.ts";
import { noNode } from "./log.ts";
import type { ExecRequest, PodProcess } from "./pod-streams.ts";
import type { MessageSocket, UpgradedStream } from "./port-forward.ts";

/** Channels of a WebSocket: the first byte of each message (k8s.io/apimachinery pkg/util/remotecommand). */
const channels = { stdin: 0, stdout: 1, stderr: 2, error: 3, resize: 4, close: 255 } as const;

/** v5 can also end a channel, so that a process sees the end of its input. */
const protocols = ["v5.channel.k8s.io", "v4.channel.k8s.io"];
/** The same over SPDY, where each channel is a stream. */
const spdyProtocols = ["SPDY/3.1+v4.channel.k8s.io"];

/**
 * `pods/NAME/exec` and `pods/NAME/attach`: a process with its streams in one connection. Its exit is told as a Status on the
 * channel for errors.
 * @throws NotFound, BadRequest, ServiceUnavailable.
 */
export async function openProcess(request: ResourceRequest, offered: readonly string[]): Promise<UpgradedStream> {
  const { core, resource, namespace = "", name, query } = request;
  const pod = readObject(core, resource, keyOf(resource, namespace, name));
  if (pod === undefined) throw notFound(resource.groupResource, name);
  const asked = askedStreams(request);
  const container = containerOf(request, objectsOf(specOf(pod).containers), query.get("container") ?? "");
  const phase = textOf(valueAt(pod, "status", "phase"));
  if (phase === "Succeeded" || phase === "Failed") {
    throw badRequest(`cannot exec into a container in a completed pod; current phase is ${phase}`);
  }
  const protocol = [...protocols, ...spdyProtocols].find((known) => offered.includes(known));
  if (protocol === undefined) {
    throw badRequest(
      `${request.subresource} speaks ${protocols.join(" and ")} here; the client offers ${offered.length === 0 ? "none" : offered.join(", ")}`,
    );
  }
  const streams = core.podStreams;
  if (streams === undefined) throw noNode(name);
  const question = { namespace, name, container, ...asked, signal: request.http.signal };
  const command = query.all("command");
  const start = async (): Promise<PodProcess> => {
    if (request.subresource === "attach") {
      if (streams.attach === undefined) throw cannot("attach", name);
      return streams.attach(question);
    }
    if (streams.exec === undefined) throw cannot("exec", name);
    return streams.exec({ ...question, command });
  };
  const running = await start();
  if (spdyProtocols.includes(protocol)) return { kind: "process", protocol, process: running, asked, command };
  return {
    kind: "messages",
    protocol,
    run: (socket) => serveProcess(socket, { process: running, asked, command }),
  };
}

function cannot(what: string, name: string): Error {
  return statusError(501, "NotImplemented", `the node of pod ${name} does not serve ${what}`);
}

export type AskedStreams = Pick<ExecRequest, "stdin" | "stdout" | "stderr" | "tty">;

function askedStreams({ query, subresource }: ResourceRequest): AskedStreams {
  const isAttach = subresource === "attach";
  const tty = query.flag("tty");
  const asked = {
    stdin: query.flag("stdin"),
    stdout: query.has("stdout") ? query.flag("stdout") : isAttach,
    // A terminal has one output.
    stderr: !tty && (query.has("stderr") ? query.flag("stderr") : isAttach),
    tty,
  };
  if (!asked.stdin && !asked.stdout && !asked.stderr) {
    throw badRequest("you must specify at least one of stdin, stdout, stderr");
  }
  if (!isAttach && query.all("command").length === 0)
    throw badRequest("you must specify at least one command for the container");
  return asked;
}

function containerOf({ name }: ResourceRequest, containers: readonly JsonObject[], asked: string): string {
  const names = containers.map((one) => textOf(one.name));
  if (asked !== "") {
    if (!names.includes(asked)) throw badRequest(`container ${asked} is not valid for pod ${name}`);
    return asked;
  }
  if (names.length !== 1) {
    throw badRequest(`a container name must be specified for pod ${name}, choose one of: [${names.join(" ")}]`);
  }
  return names[0]!;
}

export interface ServedProcess {
  readonly process: PodProcess;
  readonly asked: AskedStreams;
  readonly command: readonly string[];
}

/** Carries the streams of a process in the messages of a WebSocket until it has ended or the client has left. */
async function serveProcess(socket: MessageSocket, { process: running, asked, command }: ServedProcess): Promise<void> {
  const reading = readMessages(socket, running);
  const pump = async (channel: number, stream: AsyncIterable<Uint8Array>): Promise<void> => {
    for await (const bytes of stream) await socket.send(concatBytes([Uint8Array.of(channel), bytes]));
  };
  try {
    // The client learns which channels there are from empty messages.
    for (const channel of [channels.stdout, channels.stderr] as const) {
      if (channel === channels.stdout ? asked.stdout : asked.stderr) await socket.send(Uint8Array.of(channel));
    }
    const pumps = [
      ...(asked.stdout ? [pump(channels.stdout, running.stdout)] : []),
      ...(asked.stderr ? [pump(channels.stderr, running.stderr)] : []),
    ];
    const ended = Promise.all(pumps).then(() => running.exited);
    const code = await Promise.race([ended, reading.then(() => undefined)]);
    if (code !== undefined) await socket.send(concatBytes([Uint8Array.of(channels.error), exitStatus(code, command)]));
  } catch (error) {
    await socket.send(concatBytes([Uint8Array.of(channels.error), failureStatusOf(error)])).catch(() => undefined);
  } finally {
    running.close();
    socket.close();
    await reading;
  }
}

async function readMessages(socket: MessageSocket, running: PodProcess): Promise<void> {
  try {
    for await (const message of socket.messages) {
      const bytes = message.subarray(1);
      switch (message[0]) {
        case channels.stdin:
          await running.write(bytes);
          break;
        case channels.resize:
          resize(running, bytes);
          break;
        case channels.close:
          if (bytes[0] === channels.stdin) running.end();
          break;
        default:
      }
    }
  } catch {
    // The process reads no more, or the client is gone: the other side says so.
  }
  running.end();
}

/** `{"Width":80,"Height":24}`; anything else is passed over. */
export function resize(running: PodProcess, bytes: Uint8Array): void {
  try {
    const size = JSON.parse(new TextDecoder().decode(bytes)) as JsonValue;
    if (!isJsonObject(size)) return;
    running.resize({ width: Number(size.Width), height: Number(size.Height) });
  } catch {
    // A terminal keeps its size.
  }
}

/** How a process ended, as clients read it from the channel for errors. */
export function exitStatus(code: number, command: readonly string[]): Uint8Array {
  const status =
    code === 0
      ? { metadata: {}, status: "Success" }
      : {
          metadata: {},
          status: "Failure",
          message: `command terminated with non-zero exit code: error executing command [${command.join(" ")}], exit code ${code}`,
          reason: "NonZeroExitCode",
          details: { causes: [{ reason: "ExitCode", message: String(code) }] },
        };
  return new TextEncoder().encode(JSON.stringify(status));
}

export function failureStatusOf(error: unknown): Uint8Array {
  const status = isStatusError(error)
    ? error.status
    : { metadata: {}, status: "Failure", reason: "InternalError", message: errorMessage(error), code: 500 };
  return new TextEncoder().encode(JSON.stringify(status));
}
