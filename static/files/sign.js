// The Sign tab: a place that shows one screen after another, as the server
// decides, and follows a signature on its way.

import { get, post, events } from "./api.js";
import { reloadData } from "./frame.js";
import { details } from "./details.js";
import { ask } from "./ask.js";
import { buttons, problem, replace, signedPage, toast } from "./page.js";
import { SignForm } from "./signform.js";
import { DocumentList } from "./documents.js";

const place = document.getElementById("screen");
let following = null; // stops the present stream
let looking = 0; // the timer that looks for new documents
let form = null; // the form on the screen
let list = null; // the list of documents on it

// show puts a screen into the page and does what it asks for.
async function show(screen) {
  following?.abort();
  following = null;
  form?.close();
  list?.close();
  form = list = null;
  clearTimeout(looking);
  const before = place.dataset.screen;
  place.dataset.screen = screen.screen;
  document.getElementById("errors").replaceChildren();
  replace(place, screen.html);
  if (before) place.querySelector("[data-focus]")?.focus();
  ask(place, show);
  if (screen.notice) toast(screen.notice);
  if (screen.changed && before === "running") reloadData();
  if (place.querySelector("#sign-form")) form = new SignForm(place, show);
  if (place.querySelector("[data-watch]")) lookAgain();
  if (place.querySelector("[data-pending]")) {
    following = new AbortController();
    details(place, following.signal, show).catch((cause) => problem(document.getElementById("errors"), cause));
  }
  const followed = place.querySelector("[data-follow]");
  if (followed) follow(followed.dataset.followPath);
  list = place.querySelector("[data-document]") ? new DocumentList(place, show) : null;
  for (const slot of place.querySelectorAll("[data-fill]")) {
    get(slot.dataset.fill).then((part) => slot.isConnected && replace(slot, part.html), () => {}); // it is only a way on
  }
  for (const slot of place.querySelectorAll("[data-picture]")) signedPage(slot);
  if (screen.open) await open(screen.open);
}

// start asks what the tab shows.
async function start() {
  try {
    await show(await get("/api/sign"));
  } catch (cause) {
    stuck(cause);
  }
}

// open freezes a document and shows its form.
async function open(ref) {
  try {
    await show(await post("/api/sign/documents", ref));
  } catch (cause) {
    stuck(cause);
  }
}

// stuck shows an error where nothing else is on the page.
function stuck(cause) {
  place.replaceChildren();
  problem(document.getElementById("errors"), cause);
}

// lookAgain asks for documents, less and less often, as long as the tab is
// looked at.
function lookAgain(wait = 8000) {
  const later = () => lookAgain(Math.min(wait * 1.4, 60000));
  looking = setTimeout(async () => {
    if (document.hidden) return lookAgain(wait);
    try {
      const screen = await get("/api/sign");
      if (screen.screen !== place.dataset.screen) await show(screen);
      else later();
    } catch {
      later(); // it will come back, or the person opens the tab anew
    }
  }, wait);
}

// follow shows each step of what is at the path, by a stream of events, and by
// asking again and again where streams are cut off.
async function follow(path) {
  const stop = new AbortController();
  following = stop;
  let ended = false;
  const take = (screen) => {
    if (stop.signal.aborted) return;
    if (screen.screen === "running") update(screen);
    else {
      ended = true;
      show(screen);
    }
  };
  let cut = 0; // how often the stream broke off without a word
  for (let wait = 1000; !ended && !stop.signal.aborted; wait = Math.min(wait * 1.5, 10000)) {
    let said = false;
    try {
      if (cut < 2) await events(`${path}/events`, stop.signal, (screen) => { said = true; take(screen); }, undefined, true);
    } catch {
      // Cut off: asking follows.
    }
    cut = said ? 0 : cut + 1;
    if (said) wait = 1000;
    if (ended || stop.signal.aborted) return;
    await new Promise((resolve) => setTimeout(resolve, wait));
    if (stop.signal.aborted) return;
    try {
      take(await get(path));
    } catch (cause) {
      if (cause.kind === "not-found" || cause.kind === "unauthenticated" || cause.kind === "forbidden") {
        problem(document.getElementById("errors"), cause);
        return;
      }
    }
  }
}

// update changes the steps in place, so that a reader hears only what is new.
function update(screen) {
  const template = document.createElement("template");
  template.innerHTML = screen.html;
  const fresh = template.content.querySelectorAll("[data-part]");
  const steps = place.querySelectorAll("[data-part]");
  if (fresh.length !== steps.length) {
    replace(place, screen.html);
    return;
  }
  steps.forEach((step, i) => {
    if (!step.isEqualNode(fresh[i])) step.replaceWith(fresh[i]);
  });
}

buttons(show);
start();
