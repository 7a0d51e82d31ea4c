// The enrolment page of a person whom the portal has identified: the secret is
// fetched by one press, and the phone is bound by one right code.

import { post } from "./api.js";
import { buttons, busy, replace } from "./page.js";
import { codes, failed, clearErrors } from "./form.js";

// The code of the sign-in has been used up; it need not stay in the address.
history.replaceState(null, "", location.pathname);

const place = document.getElementById("enrol");

function show(answer) {
  replace(place, answer.html);
  codes(place);
  place.querySelector("[data-focus]")?.focus();
  place.querySelector("[data-form]")?.addEventListener("submit", send);
}

function send(event) {
  event.preventDefault();
  const form = event.currentTarget;
  busy(form.querySelector("[type=submit]"), async () => {
    clearErrors(form);
    try {
      show(await post(form.dataset.form, { code: form.elements.code.value }));
    } catch (cause) {
      failed(form, cause);
    }
  });
}

buttons(show);
