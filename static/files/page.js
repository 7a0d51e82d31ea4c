// What all pages share: showing what the server sends, buttons that call it,
// errors in the person's words, copying.

import { fit, inFrame } from "./frame.js";
import { post, get, download, say, Problem } from "./api.js";

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
  if (quietly || !alert) return;
  alert.tabIndex = -1;
  alert.focus({ preventScroll: true });
}

// Where the person last pressed: a portal's frame is as high as its page, so
// the bottom of the "window" may be far out of sight.
let pressed = 0;
document.addEventListener("pointerdown", (event) => (pressed = event.clientY), true);
document.addEventListener("keydown", () => {
  const at = document.activeElement?.getBoundingClientRect();
  if (at && at.height > 0) pressed = at.top;
}, true);

// lastPressed is how far from the top that was, in pixels.
export const lastPressed = () => pressed;

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
  if (button.getAttribute("aria-disabled") === "true") return;
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

// Buttons that need no more than a word in the page:
//   data-post="PATH" [data-body='JSON'] [data-confirm="question"]
//   data-get="PATH", data-download="PATH", data-copy="id of a field".
// What comes back is given to the page's own show function.
export function buttons(show) {
  document.body.dataset.ready = ""; // until now a press would have been lost
  document.addEventListener("click", (event) => {
    const button = event.target.closest("[data-post],[data-get],[data-download],[data-copy]");
    if (!button) return;
    event.preventDefault();
    const d = button.dataset;
    if (d.confirm && !window.confirm(d.confirm)) return;
    busy(button, async () => {
      try {
        if (d.copy) await copy(document.getElementById(d.copy));
        else if (d.download) await download(d.download);
        else if (d.post) await show(await post(d.post, d.body ? JSON.parse(d.body) : {}), button);
        else await show(await get(d.get), button);
      } catch (cause) {
        problem(errorBox(button), cause);
      }
    });
  });
}

// errorBox is the nearest place for an error beside an element.
export function errorBox(near) {
  return near.closest("[data-errors]")?.querySelector("[data-error-box]") || document.getElementById("errors");
}
