/** The outside of a control plane on Node: requests with certificates, proxies and guarded targets; mail over SMTP. */
import { lookup } from "node:dns";
import { lookup as lookupAll } from "node:dns/promises";
import { isIP } from "node:net";
import type * as undici from "undici";
import type { Dispatcher } from "undici";
import type { Mail, MailSender } from "../providers/email.ts";
import type { RequestTls, StepFetch } from "../providers/http.ts";
import { type OutsideGuard, refuseAddress } from "./addresses.ts";

export type { OutsideGuard } from "./addresses.ts";

export interface Outside extends AsyncDisposable {
  readonly fetch: StepFetch;
  readonly sendMail: MailSender;
}

const maxRedirects = 5;
const redirects = new Set([301, 302, 303, 307, 308]);
const mailTimeoutMs = 30_000;

/** @param options.env `HTTP_PROXY`, `HTTPS_PROXY`, `NO_PROXY` are kept to. */
export function createOutside({
  guard,
  env = process.env,
}: {
  readonly guard: OutsideGuard;
  readonly env?: Readonly<Record<string, string | undefined>>;
}): Outside {
  const open = new Map<string, Promise<Dispatcher>>();
  const dispatcherFor = (tls: RequestTls | undefined): Promise<Dispatcher> => {
    const key = JSON.stringify(tls ?? {});
    const known = open.get(key);
    if (known !== undefined) return known;
    const made = createDispatcher({ tls, guard, env });
    open.set(key, made);
    return made;
  };
  return {
    fetch: async (url, { tls, ...init }) => follow(url, init, { dispatcher: await dispatcherFor(tls), guard }),
    sendMail: (mail) => send(mail, guard),
    async [Symbol.asyncDispose]() {
      await Promise.all([...open.values()].map(async (dispatcher) => (await dispatcher).destroy()));
    },
  };
}

interface DispatcherOptions {
  readonly tls: RequestTls | undefined;
  readonly guard: OutsideGuard;
  readonly env: Readonly<Record<string, string | undefined>>;
}

/** Libraries are loaded at the first request: a control plane whose steps send none pays nothing. Bundled, both are only their default. */
const loadUndici = async (): Promise<typeof undici> => (await import("undici")).default as unknown as typeof undici;

async function createDispatcher({ tls, guard, env }: DispatcherOptions): Promise<Dispatcher> {
  const { Agent, EnvHttpProxyAgent } = await loadUndici();
  const connect = { ...tls, lookup: guardedLookup(guard), timeout: 10_000 };
  const httpProxy = env.HTTP_PROXY ?? env.http_proxy;
  const httpsProxy = env.HTTPS_PROXY ?? env.https_proxy;
  if (httpProxy === undefined && httpsProxy === undefined) return new Agent({ connect });
  // The proxy resolves the name: what it may reach is its own to decide.
  return new EnvHttpProxyAgent({
    ...(httpProxy === undefined ? {} : { httpProxy }),
    ...(httpsProxy === undefined ? {} : { httpsProxy }),
    noProxy: env.NO_PROXY ?? env.no_proxy ?? "",
    connect,
    ...(tls === undefined ? {} : { requestTls: tls }),
  });
}

/** Names are judged by what they resolve to at the time of the connection, so that no later answer slips through. */
function guardedLookup(guard: OutsideGuard): typeof lookup {
  const guarded = (
    host: string,
    options: { readonly all?: boolean },
    done: (error: Error | null, address?: unknown, family?: number) => void,
  ): void => {
    lookup(host, { ...options, all: true }, (error, addresses) => {
      if (error !== null) {
        done(error);
        return;
      }
      try {
        for (const { address } of addresses) refuseAddress(address, guard);
      } catch (refusal) {
        done(refusal as Error);
        return;
      }
      if (options.all === true) done(null, addresses);
      else done(null, addresses[0]!.address, addresses[0]!.family);
    });
  };
  return guarded as unknown as typeof lookup;
}

/** Redirects are followed by hand: each target is judged, and no header of a Secret goes to another host. */
async function follow(
  url: string,
  init: RequestInit,
  { dispatcher, guard }: { readonly dispatcher: Dispatcher; readonly guard: OutsideGuard },
): Promise<Response> {
  let target = new URL(url);
  let request: RequestInit = init;
  for (let hops = 0; ; hops++) {
    refuseTarget(target, guard);
    const response = await sendOne(target, request, dispatcher);
    const location = response.headers.get("location");
    if (!redirects.has(response.status) || location === null) return response;
    if (hops >= maxRedirects) throw new Error(`more than ${maxRedirects} redirects`);
    await response.body?.cancel();
    const next = new URL(location, target);
    request = redirected(request, { status: response.status, crosses: next.origin !== target.origin });
    target = next;
  }
}

function refuseTarget(target: URL, guard: OutsideGuard): void {
  if (target.protocol !== "http:" && target.protocol !== "https:")
    throw new Error(`${target.protocol} is no protocol of requests: use http or https`);
  const host = target.hostname.replace(/^\[|\]$/g, "");
  if (isIP(host) !== 0) refuseAddress(host, guard);
}

async function sendOne(target: URL, init: RequestInit, dispatcher: Dispatcher): Promise<Response> {
  const { fetch: undiciFetch } = await loadUndici();
  try {
    const response = await undiciFetch(target, { ...init, redirect: "manual", dispatcher } as Parameters<
      typeof undiciFetch
    >[1]);
    return response as unknown as Response;
  } catch (error) {
    // undici says only "fetch failed"; why is in the cause.
    const cause = error instanceof Error ? error.cause : undefined;
    throw cause instanceof Error ? new Error(cause.message || "fetch failed", { cause: error }) : error;
  }
}

const kept = new Set(["content-type", "accept", "user-agent", "idempotency-key"]);

function redirected(init: RequestInit, { status, crosses }: { status: number; crosses: boolean }): RequestInit {
  const headers = Object.fromEntries(
    Object.entries((init.headers ?? {}) as Record<string, string>).filter(
      ([name]) => !crosses || kept.has(name.toLowerCase()),
    ),
  );
  const becomesGet = status === 303 || ((status === 301 || status === 302) && init.method === "POST");
  const { body: _, ...rest } = init;
  return becomesGet ? { ...rest, method: "GET", headers } : { ...init, headers };
}

async function send({ from, to, subject, body, messageId }: Mail, guard: OutsideGuard): Promise<void> {
  const { default: nodemailer } = await import("nodemailer");
  for (const { address } of await lookupAll(from.host, { all: true })) refuseAddress(address, guard);
  const transport = nodemailer.createTransport({
    host: from.host,
    port: from.port,
    secure: from.port === 465,
    auth: { user: from.address, pass: from.password },
    connectionTimeout: mailTimeoutMs,
    greetingTimeout: mailTimeoutMs,
    socketTimeout: mailTimeoutMs,
  });
  try {
    await transport.sendMail({
      from: from.alias === "" ? from.address : { name: from.alias, address: from.address },
      to: [...to],
      subject,
      html: body,
      messageId,
    });
  } finally {
    transport.close();
  }
}
