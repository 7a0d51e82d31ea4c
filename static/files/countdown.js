// A code that was used up, and one after too many wrong ones, asks for patience:
// the sentence below the field counts it down. The button rests meanwhile, and
// only the end is announced.

import { say } from "./api.js";
import { toast } from "./page.js";

// inWords writes {s} as seconds and {m} as minutes and seconds.
function inWords(text, seconds) {
  const minutes = `${Math.floor(seconds / 60)}:${String(seconds % 60).padStart(2, "0")}`;
  return text.replace("{s}", seconds).replace("{m}", minutes);
}

// countdown runs until the time is over or the form is gone. note is where the
// sentence stands; cause says it, and how long.
export function countdown(form, note, cause) {
  const button = form.querySelector("[type=submit]");
  const ends = Date.now() + cause.after * 1000;
  button.disabled = true;
  note.dataset.counts = "";
  const tick = () => {
    if (!note.isConnected) return;
    const left = Math.ceil((ends - Date.now()) / 1000);
    if (left > 0) {
      note.textContent = inWords(cause.count, left);
      setTimeout(tick, 200);
      return;
    }
    delete note.dataset.counts;
    button.disabled = false;
    note.textContent = say("code-next");
    toast(say("code-next"));
  };
  tick();
}
