// The rows of a list of documents that the portal has not told all about yet:
// each is written anew as soon as more is known of its file.

import { events, get } from "./api.js";

// details follows the rows below place until all are known. Where nothing or a
// single document is left, it has show draw what the tab shows then.
export async function details(place, signal, show) {
  const rows = place.querySelector("[data-pending]");
  if (!rows) return;
  let ended = false;
  const take = (event) => {
    if (signal.aborted) return;
    ended ||= event.end;
    const row = [...rows.children].find((r) => r.dataset.ref === event.ref);
    if (!row) return;
    const template = document.createElement("template");
    template.innerHTML = event.html || "";
    row.replaceWith(template.content);
  };
  for (let attempt = 1; !ended && attempt <= 3 && !signal.aborted; attempt++) {
    try {
      await events("/api/sign/documents/details", signal, take);
    } catch {
      // Cut off: what is known by then is not asked again.
    }
    if (!ended) await new Promise((resolve) => setTimeout(resolve, 1000 * attempt));
  }
  if (signal.aborted) return;
  delete rows.dataset.pending;
  rows.querySelectorAll("[aria-busy]").forEach((row) => row.removeAttribute("aria-busy"));
  if (rows.children.length <= 1) show(await get("/api/sign"));
}
