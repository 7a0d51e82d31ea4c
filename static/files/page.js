// What all pages share: showing what the server sends, buttons that call it,
// errors in the person's words, copying.

import { fit, inFrame } from "./frame.js";
import { post, get, blob, download, file, say, Problem } from "./api.js";

fit();

// element makes an element with a class and a text; never HTML.
export function element(name, className, text) {
  const e = document.createElement(name);
  if (className) e.className = className;
  if (text) e.textContent = text;
  return e;
}

// replace puts HTML of the server, which escapes what strangers wrote, into a
// place of the page.
export function replace(place, html) {
  const template = document.createElement("template");
  template.innerHTML = html;
  place.replaceChildren(template.content);
}

// problem shows why something failed in a box and puts the reader's attention
// there; quietly where the person has pressed nothing.
export function problem(box, cause, quietly = false) {
  if (!(cause instanceof Problem)) {
    console.error(cause);
    cause = new Problem({ message: say("offline") });
  }
  if (cause.html) {
    replace(box, cause.html);
  } else {
    const alert = element("div", "alert alert-bad");
    alert.setAttribute("role", "alert");
    alert.append(element("p", "alert-what", cause.message));
    box.replaceChildren(alert);
  }
  box.scrollIntoView({ block: "nearest" });
  const alert = box.querySelector('[role="alert"]');
  // Who gave no code to confirm with goes on at the button that asked.
  if (quietly || !alert || cause.key === "confirm.needed") return;
  alert.tabIndex = -1;
  alert.focus({ preventScroll: true });
}

// How far from the top the person last pressed, in pixels: a portal's frame is as
// high as its page, so the bottom of the "window" may be far out of sight.
let pressed = 0;
document.addEventListener("pointerdown", (event) => (pressed = event.clientY), true);
document.addEventListener("keydown", () => {
  const at = document.activeElement?.getBoundingClientRect();
  if (at && at.height > 0) pressed = at.top;
}, true);

// toast tells of a small success, near where the person pressed, and goes by
// itself. A newer one takes its place.
export function toast(text) {
  const place = document.getElementById("toasts");
  const note = element("div", "toast", text);
  place.style.top = `${Math.max(8, pressed - 72)}px`;
  place.replaceChildren(note);
  setTimeout(() => note.remove(), 4000);
}

// waiting says near where the person pressed that there is something to wait for.
function waiting() {
  const place = document.getElementById("toasts");
  const note = element("div", "toast-note", say("working"));
  place.style.top = `${Math.max(8, pressed - 72)}px`;
  place.append(note);
  return note;
}

// busy keeps a button from being pressed twice while work runs. What takes long
// is said; not where said tells that the work has words of its own.
export async function busy(button, work, said = false) {
  if (button.disabled || button.getAttribute("aria-disabled") === "true") return;
  button.setAttribute("aria-disabled", "true");
  button.classList.add("busy");
  let note = null;
  const late = said ? 0 : setTimeout(() => (note = waiting()), 400);
  try {
    await work();
  } finally {
    clearTimeout(late);
    note?.remove();
    button.removeAttribute("aria-disabled");
    button.classList.remove("busy");
  }
}

// The person's own choice of light or dark, kept by the server.
document.getElementById("theme")?.addEventListener("change", async (event) => {
  const { value, dataset } = event.target;
  document.documentElement.dataset.theme = value;
  document.querySelector("meta[name=color-scheme]").content = { light: "light", dark: "dark", device: "light dark" }[value];
  try {
    await post(dataset.themeAt, { theme: value });
  } catch (cause) {
    problem(document.getElementById("errors"), cause);
  }
});

// copy puts a field's text into the clipboard. The portal's frame does not
// grant the modern way, and browsers complain when it is tried; where the old
// way fails too the text is left selected for the person's own copy.
export async function copy(field) {
  field.focus();
  field.select();
  if (!inFrame) {
    try {
      await navigator.clipboard.writeText(field.value);
      toast(say("copied"));
      return;
    } catch {
      // Not granted: the old way follows.
    }
  }
  toast(document.execCommand("copy") ? say("copied") : say("selected"));
}

// open shows a file in a tab of its own. The tab is opened at once, while the
// browser still takes it for the person's wish; where it refuses, the file is
// downloaded.
async function open(path) {
  const tab = window.open("", "_blank");
  if (!tab) return download(path);
  tab.opener = null;
  try {
    const address = URL.createObjectURL((await file(path)).blob);
    tab.location.replace(address);
    setTimeout(() => URL.revokeObjectURL(address), 60000);
  } catch (cause) {
    tab.close();
    throw cause;
  }
}

let lastAsked = null;

// modal shows a dialog near where the person pressed, and gives whether they
// agreed. The focus goes back to where it was.
export function modal(dialog) {
  const back = document.activeElement;
  const mine = (lastAsked = {});
  dialog.returnValue = "";
  dialog.showModal();
  // The frame is as high as its page: the middle may be out of sight.
  const room = document.documentElement.clientHeight - dialog.offsetHeight - 16;
  dialog.style.top = `${Math.max(16, Math.min(room, pressed - dialog.offsetHeight / 2))}px`;
  return new Promise((resolve) => {
    // The event comes a moment after the end: a dialog that is open again by then
    // has not answered yet, and what it answers is not for who asked before.
    const close = () => {
      if (dialog.open) return;
      dialog.removeEventListener("close", close);
      if (mine === lastAsked) back?.focus();
      resolve(mine === lastAsked && dialog.returnValue === "yes");
    };
    dialog.addEventListener("close", close);
  });
}

// agreed asks a button's question. A browser's own dialog would not be shown in
// every frame of another site (HTML, "cannot show simple dialogs").
function agreed(button) {
  const dialog = document.getElementById("question");
  const yes = dialog.querySelector("[value=yes]");
  dialog.querySelector("#question-words").textContent = button.dataset.confirm;
  yes.textContent = button.textContent.trim();
  yes.className = button.classList.contains("button-danger") ? "button button-danger" : "button button-primary";
  button.focus(); // not every browser does so at a press
  return modal(dialog);
}

// Buttons that need no more than a word in the page:
//   data-post="PATH" [data-body='JSON'] [data-confirm="question"]
//   data-get="PATH", data-download="PATH", data-open="PATH", data-copy="id of a field".
// What comes back is given to the page's own show function.
export function buttons(show) {
  document.body.dataset.ready = ""; // until now a press would have been lost
  document.addEventListener("click", (event) => {
    const button = event.target.closest("[data-post],[data-get],[data-download],[data-open],[data-copy]");
    if (!button) return;
    event.preventDefault();
    const d = button.dataset;
    const act = () => busy(button, async () => {
      try {
        if (d.copy) await copy(document.getElementById(d.copy));
        else if (d.download) await download(d.download);
        else if (d.open) await open(d.open);
        else if (d.post) await show(await post(d.post, d.body ? JSON.parse(d.body) : {}), button);
        else await show(await get(d.get), button);
      } catch (cause) {
        problem((cause.over && document.querySelector("[data-over]")) || errorBox(button), cause);
      }
    });
    if (d.confirm) agreed(button).then((yes) => yes && act());
    else act();
  });
}

// errorBox is the nearest place for an error beside an element.
export function errorBox(near) {
  return near.closest("[data-errors]")?.querySelector("[data-error-box]") || document.getElementById("errors");
}

// signedPage shows the page with the signet as it lies in the deal now; without
// it nothing is missing.
export async function signedPage(slot) {
  const image = slot.querySelector("img");
  try {
    const width = Math.round(slot.clientWidth * Math.min(window.devicePixelRatio || 1, 2));
    const address = URL.createObjectURL(await blob(slot.dataset.picture, { width }));
    image.addEventListener("load", () => URL.revokeObjectURL(address), { once: true });
    image.src = address;
    await image.decode(); // until it has its height its place is kept
    image.hidden = false;
  } catch {
    slot.remove();
  }
}
