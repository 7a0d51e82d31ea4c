// The portal's side of the frame: a small client of the messages that Bitrix24
// exchanges with the pages of applications. Outside a portal's frame every
// function gives undefined and does nothing.
//
// A message to the portal is "method[:JSON]:key:sid", the answer "key:JSON".
// The portal is silent where it refuses, so every call has a time limit.

const [domain, protocol, sid] = window.name.split("|");
const inside = window.parent !== window && Boolean(domain && sid);
const origin = inside ? new URL(`${protocol === "1" ? "https" : "http"}://${domain}`).origin : null;
const waiting = new Map();
let last = 0;

if (inside) {
  window.addEventListener("message", (event) => {
    if (event.origin !== origin || event.source !== window.parent || typeof event.data !== "string") return;
    const at = event.data.indexOf(":");
    const key = at < 0 ? event.data : event.data.slice(0, at);
    const text = at < 0 ? "" : event.data.slice(at + 1);
    const resolve = waiting.get(key);
    if (!resolve) return;
    waiting.delete(key);
    let value;
    try {
      value = text === "" ? undefined : JSON.parse(text);
    } catch {
      value = undefined;
    }
    resolve(value);
  });
}

// call sends a message and gives the portal's answer, or undefined when none
// came within the time. 0 waits for ever, as a person may.
function call(method, params, milliseconds) {
  if (!inside) return Promise.resolve(undefined);
  const key = `s${++last}`;
  const text = params === undefined ? "" : `:${JSON.stringify(params)}`;
  return new Promise((resolve) => {
    waiting.set(key, resolve);
    window.parent.postMessage(`${method}${text}:${key}:${sid}`, origin);
    if (milliseconds > 0) {
      setTimeout(() => {
        if (waiting.delete(key)) resolve(undefined);
      }, milliseconds);
    }
  });
}

// inFrame tells whether a portal shows this page.
export const inFrame = inside;

// getInitData gives what the portal tells of the page; not to be believed by
// the server.
export const getInitData = () => call("getInitData", undefined, 5000);

// refreshAuth gives a fresh authorization {AUTH_ID, AUTH_EXPIRES, REFRESH_ID}
// from the user's session in the portal.
export const refreshAuth = () => call("refreshAuth", undefined, 10000);

// resizeWindow sets the height of the frame, in pixels.
export const resizeWindow = (height) => call("resizeWindow", { width: "100%", height }, 900);

// reloadData has the deal's card read its fields anew. It makes no sound
// elsewhere than in a card's tab.
export const reloadData = () => call("reloadData", undefined, 900);

// setInstallFinish ends the installation; the portal reloads the page and never
// answers.
export const setInstallFinish = () => call("setInstallFinish", {}, 5000);

// selectUser opens the portal's own choice of people. Closing it without a
// choice is never answered.
export const selectUser = () => call("selectUser", { mult: false }, 0);

// openPath opens a page of the portal beside this one.
export const openPath = (path) => call("openPath", { path }, 0);

// fit keeps the frame as high as the page.
export function fit() {
  if (!inside) return;
  let told = 0;
  let pending = false;
  const tell = () => {
    pending = false;
    const height = Math.ceil(document.body.getBoundingClientRect().height);
    if (height > 0 && height !== told) {
      told = height;
      resizeWindow(height);
    }
  };
  const soon = () => {
    if (pending) return;
    pending = true;
    requestAnimationFrame(tell);
  };
  new ResizeObserver(soon).observe(document.body);
  soon();
}
