// Talking to the server: each call carries the page's session, and one that has
// run out is renewed once, without the person noticing.

import { refreshAuth, inFrame } from "./frame.js";

const body = document.body;
let session = body.dataset.session || "";
delete body.dataset.session; // memory only: not left in the page
const words = JSON.parse(body.dataset.words || "{}");

// begin takes the session of a page that had none at first.
export const begin = (fresh) => (session = fresh);

// say gives one of the few sentences that scripts need.
export const say = (key) => words[key] || key;

// Problem is why a call failed, as the server tells it in the person's words.
export class Problem extends Error {
  constructor(fields) {
    super(fields.message);
    this.kind = fields.kind || "unavailable";
    this.key = fields.key || "";
    this.html = fields.html || "";
    this.field = fields.field || "";
    this.after = fields.after || 0;
    this.count = fields.count || "";
    this.over = fields.over || false;
    this.facts = fields.facts || [];
    this.number = fields.number || "";
    this.told = Boolean(fields.kind); // by the server: to ask again would tell the same
  }
}

let renewing = null;

// renew asks the portal for a fresh authorization and exchanges it for a
// session. Calls that run at the same time share one renewal.
function renew() {
  renewing ??= (async () => {
    try {
      if (!inFrame) return false;
      const fresh = await refreshAuth();
      if (!fresh || !fresh.AUTH_ID) return false;
      const answer = await fetch("/session", {
        method: "POST",
        headers: { "Content-Type": "application/json", Authorization: `Bearer ${session}` },
        body: JSON.stringify({
          authId: fresh.AUTH_ID,
          authExpires: String(fresh.AUTH_EXPIRES || ""),
          refreshId: fresh.REFRESH_ID || "",
        }),
        credentials: "omit",
        redirect: "error",
      });
      if (!answer.ok) return false;
      session = (await answer.json()).session;
      return true;
    } catch {
      return false;
    } finally {
      renewing = null;
    }
  })();
  return renewing;
}

// request sends one call and gives the response, renewing the session once.
async function request(method, path, data, options = {}) {
  const send = () =>
    fetch(path, {
      method,
      headers: {
        Authorization: `Bearer ${session}`,
        ...(method === "GET" ? {} : { "Content-Type": "application/json" }),
        ...(options.code ? { "X-Confirmation-Code": options.code } : {}),
        ...(options.accept ? { Accept: options.accept } : {}),
      },
      body: method === "GET" ? undefined : JSON.stringify(data ?? {}),
      credentials: "omit",
      redirect: "error",
      cache: "no-store",
      signal: options.signal,
    });
  let answer;
  try {
    answer = await send();
    if (answer.status === 401 && answer.headers.get("X-Session") === "expired" && (await renew())) answer = await send();
  } catch (cause) {
    if (options.signal?.aborted) throw cause;
    throw new Problem({ message: say("offline") });
  }
  if (answer.ok) return answer;
  let fields;
  try {
    fields = await answer.json();
  } catch {
    fields = { message: say("offline") };
  }
  throw new Problem(fields);
}

// get and post give the server's answer as an object, blob as a file in memory.
export const get = async (path) => (await request("GET", path)).json();
export const post = async (path, data, signal) => (await confirmed(path, data, signal)).json();
export const blob = async (path, data, signal) => (await request("POST", path, data, { signal })).blob();

// Dangerous acts want the administrator's own code: a page that has them says
// how it is asked.
let ask = null;
export const onConfirm = (how) => (ask = how);

// confirmed sends a call, again with a code as long as one is asked for. A
// person who gives none leaves the first refusal standing.
async function confirmed(path, data, signal) {
  let code = "";
  for (;;) {
    try {
      return await request("POST", path, data, { signal, code });
    } catch (cause) {
      const asked = cause.key === "confirm.needed" || (code && /^code\./.test(cause.key));
      if (!ask || !asked) throw cause;
      const typed = await ask(cause.key === "confirm.needed" ? "" : cause.message);
      if (!typed) throw cause;
      code = typed;
    }
  }
}

// file fetches a file with the session.
export async function file(path) {
  const answer = await request("GET", path);
  const disposition = answer.headers.get("Content-Disposition") || "";
  const coded = /filename\*=utf-8''([^;]+)/i.exec(disposition);
  const plain = /filename="?([^";]+)"?/i.exec(disposition);
  const name = coded ? decodeURIComponent(coded[1]) : plain ? plain[1] : "document.pdf";
  return { blob: await answer.blob(), name };
}

// download fetches a file and hands it to the browser.
export async function download(path) {
  const { blob, name } = await file(path);
  save(blob, name);
}

// save hands a file in memory to the browser, to be kept under the name.
export function save(blob, name) {
  const url = URL.createObjectURL(blob);
  const link = document.createElement("a");
  link.href = url;
  link.download = name;
  document.body.append(link);
  link.click();
  link.remove();
  setTimeout(() => URL.revokeObjectURL(url), 60000);
}

// A stream says something at once, and a sign of life every 15 seconds. One that
// is silent for longer is kept back on its way, as some proxies do.
const silence = { first: 6000, later: 25000 };

// read gives the next piece of a stream, or fails when none comes in time.
async function read(reader, milliseconds) {
  let timer;
  const late = new Promise((_, reject) => {
    timer = setTimeout(() => reject(new Problem({ message: say("offline") })), milliseconds);
  });
  try {
    return await Promise.race([reader.read(), late]);
  } finally {
    clearTimeout(timer);
  }
}

// events reads a stream of answers until it ends or signal is raised, giving
// each to take. It returns when the stream ends. With data it is a POST; with
// beats it fails when the stream is silent for too long.
export async function events(path, signal, take, data, beats = false) {
  const stop = new AbortController();
  const end = () => stop.abort();
  signal?.addEventListener("abort", end);
  try {
    await flow(path, stop.signal, take, data, beats);
  } finally {
    signal?.removeEventListener("abort", end);
    stop.abort(); // what was given up is not left open
  }
}

async function flow(path, signal, take, data, beats) {
  const answer = await request(data === undefined ? "GET" : "POST", path, data, { signal, accept: "text/event-stream" });
  const reader = answer.body.pipeThrough(new TextDecoderStream()).getReader();
  let rest = "";
  for (let patience = silence.first; ; patience = silence.later) {
    const { value, done } = beats ? await read(reader, patience) : await reader.read();
    if (done) return;
    const parts = (rest + value).split("\n\n");
    rest = parts.pop();
    for (const part of parts) {
      const line = part.split("\n").find((l) => l.startsWith("data: "));
      if (line) take(JSON.parse(line.slice(6)));
    }
  }
}
