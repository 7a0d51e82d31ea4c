// The enrolment page: where the link is enough it is opened by a press, the
// secret is fetched by one more, and the phone is bound by one right code.

import { begin, post, say } from "./api.js";
import { buttons, busy, replace, toast } from "./page.js";
import { codes, failed, clearErrors } from "./form.js";

const place = document.getElementById("enrol");

// The code of the sign-in has been used up, so the page could not be loaded
// anew: phones drop it while its owner is in the generator. From this address it
// begins again, and goes on with the same secret.
const { back } = document.body.dataset;
if (back) history.replaceState(null, "", back);

// Where the link is enough it is the page's own address.
const open = place.querySelector('[data-post="/api/enrolment/open"]');
if (open) open.dataset.body = JSON.stringify({ link: location.pathname.split("/").pop() });

function show(answer) {
  if (answer.session) begin(answer.session);
  replace(place, answer.html);
  codes(place);
  place.querySelector("[data-focus]")?.focus();
  place.querySelector("[data-form]")?.addEventListener("submit", send);
  place.querySelector("[data-copy-key]")?.addEventListener("click", copyKey);
}

function send(event) {
  event.preventDefault();
  const form = event.currentTarget;
  busy(form.querySelector("[type=submit]"), async () => {
    clearErrors(form);
    try {
      show(await post(form.dataset.form, { code: form.elements.code.value }));
    } catch (cause) {
      if (cause.over) show(cause);
      else failed(form, cause);
    }
  });
}

// copyKey copies the key without its blanks, which generators refuse.
async function copyKey() {
  const key = document.getElementById("key");
  getSelection().selectAllChildren(key);
  try {
    await navigator.clipboard.writeText(plain(key.textContent));
    toast(say("copied"));
  } catch {
    toast(document.execCommand("copy") ? say("copied") : say("selected"));
  }
}

const plain = (text) => text.replace(/\s/g, "");

// Nor are they in what a person selects and copies by hand.
document.addEventListener("copy", (event) => {
  const chosen = getSelection();
  if (!document.getElementById("key")?.contains(chosen.anchorNode)) return;
  event.clipboardData.setData("text/plain", plain(chosen.toString()));
  event.preventDefault();
});

buttons(show);
