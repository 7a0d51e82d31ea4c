// The Sign tab: a place that shows one screen after another, as the server
// decides, and follows a signature on its way.

import { Problem, get, post, events, say } from "./api.js";
import { reloadData } from "./frame.js";
import { details } from "./details.js";
import { ask } from "./ask.js";
import { busy, buttons, element, problem, replace, signedPage, toast } from "./page.js";
import { SignForm } from "./signform.js";
import { DocumentList } from "./documents.js";
import { fill } from "./picture.js";

const place = document.getElementById("screen");
const bones = document.getElementById("opening"); // both lie where the first screen goes
const card = document.getElementById("stuck");
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
  const wanted = place.querySelector("[data-focus]");
  if (before && wanted) wanted.focus();
  ask(place, show);
  if (screen.notice) toast(screen.notice);
  if (screen.changed && before === "running") reloadData();
  if (place.querySelector("#sign-form")) form = new SignForm(place, show);
  // A tab that has opened its only document by itself leaves the focus in the portal.
  if (navigator.userActivation?.hasBeenActive ?? before) form?.arrive();
  if (place.querySelector("[data-watch]")) lookAgain();
  if (place.querySelector("[data-pending]")) {
    following = new AbortController();
    details(place, following.signal, show).catch((cause) => problem(document.getElementById("errors"), cause, true));
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
    await stuck(cause, start);
  }
}

// open freezes a document and shows its form.
async function open(ref) {
  try {
    await show(await post("/api/sign/documents", ref));
  } catch (cause) {
    await stuck(cause, () => open(ref));
  }
}

// opening opens the document of a button. What comes is said at once, in the
// shape that it will have.
document.addEventListener("click", async (event) => {
  const button = event.target.closest('[data-post="/api/sign/documents"]');
  if (!button) return;
  event.preventDefault();
  event.stopImmediatePropagation();
  const ref = JSON.parse(button.dataset.body);
  const name = button.closest(".row")?.querySelector(".doc-name")?.textContent || "";
  await show({ screen: "opening", html: bones.innerHTML });
  place.querySelector("h1").textContent = name;
  place.querySelector("[data-opening-words]").textContent = name ? fill(bones.dataset.words, { name }) : bones.dataset.plain;
  await open(ref);
}, true);

// stuck says why nothing can be shown, and leads on: the same again, or the list.
async function stuck(cause, again) {
  if (!(cause instanceof Problem)) {
    console.error(cause);
    cause = new Problem({ message: say("offline") });
  }
  await show({ screen: "stuck", html: card.innerHTML });
  const body = place.querySelector(".notice-body");
  const facts = element("ul", "notice-facts");
  facts.append(...cause.facts.map((fact) => element("li", "", fact)));
  body.append(element("p", "notice-text", cause.message));
  if (cause.facts.length > 0) body.append(facts);
  if (cause.number) body.append(element("p", "notice-number", cause.number));
  const button = place.querySelector('[data-get="/api/sign"]');
  button.removeAttribute("data-get");
  button.addEventListener("click", () => busy(button, again));
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
        problem(document.getElementById("errors"), cause, true);
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
