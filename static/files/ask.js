// Forms of the Sign tab beside the one that signs: asking a colleague, and
// saying why one does not sign.

import { post } from "./api.js";
import { busy } from "./page.js";
import { failed, clearErrors } from "./form.js";
import { person } from "./person.js";

// ask makes the forms below place live; show draws what the server answers.
export function ask(place, show) {
  for (const form of place.querySelectorAll("form[data-ask]")) {
    form.querySelectorAll("[data-person]").forEach(person);
    form.addEventListener("submit", (event) => {
      event.preventDefault();
      busy(form.querySelector("[type=submit]"), async () => {
        clearErrors(form);
        const data = Object.fromEntries(new FormData(form));
        if (form.dataset.about) data.document = JSON.parse(form.dataset.about);
        try {
          await show(await post(form.dataset.ask, data));
        } catch (cause) {
          failed(form, cause);
        }
      });
    });
  }
}
