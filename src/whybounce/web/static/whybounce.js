// Comfort on top of pages that work without it: answers while one types, files dropped on the box,
// buttons that copy. Nothing is kept, and nothing is asked of anybody but the server it came from.
"use strict";

const MOST_OCTETS = 25 * 1024 * 1024;
const PAUSE = 450; // Milliseconds without a key, after which what is typed is explained.
const LIVE_UP_TO = 20000; // Letters; what is longer is explained when asked for.

const form = document.querySelector("form.box[data-live]");
const answer = document.getElementById("answer");
const box = document.getElementById("text");
const file = document.getElementById("file");
const status = document.getElementById("status");
const heard = document.getElementById("heard"); // The verdict, for those who listen.
let asked = null;
let timer = 0;

function say(words) {
  if (status) status.textContent = words;
}

// Ask as the form would, and put the answer in its place; what is in the box stays.
async function ask(action, isTyping) {
  clearTimeout(timer);
  if (asked) asked.abort();
  const mine = asked = new AbortController();
  const size = file.files.length ? file.files[0].size : new Blob([box.value]).size;
  if (size > MOST_OCTETS) {
    say(`That is ${Math.ceil(size / 1048576)} MB; at most 25 MB are read. Leave out the attachments, and ask again.`);
    return;
  }
  answer.setAttribute("aria-busy", "true");
  say(file.files.length ? `Reading ${file.files[0].name} …` : "Reading …");
  try {
    const reply = await fetch(action, { method: "POST", body: new FormData(form), signal: mine.signal });
    const page = new DOMParser().parseFromString(await reply.text(), "text/html");
    const told = page.getElementById("answer");
    if (!told) throw new Error("no answer");
    answer.replaceChildren(...told.childNodes);
    document.title = page.title;
    heard.textContent = [...answer.querySelectorAll(".verdict")].map(one => one.textContent).join(". ");
    remember(action);
    const read = file.files.length ? `Read from ${file.files[0].name}.` : "";
    if (read && reply.ok) box.value = "";
    say(read);
    ready(answer);
    if (!isTyping) answer.scrollIntoView({ block: "start" });
  } catch (error) {
    if (error.name === "AbortError") return;
    say("The server did not answer. Your text is still here; try again in a moment.");
  } finally {
    if (asked === mine) answer.removeAttribute("aria-busy");
  }
}

// Of what is asked only a bare code goes into the address: it is nobody's.
function remember(action) {
  if (action !== "/#answer") return;
  const code = /^\s*([245]\.\d{1,3}\.\d{1,3})\s*$/.exec(box.value);
  history.replaceState(null, "", code ? `/?q=${code[1]}` : "/");
}

async function copy(button, text) {
  const label = button.textContent;
  try {
    await navigator.clipboard.writeText(text);
    button.textContent = "Copied";
  } catch {
    button.textContent = "Select it and copy it by hand";
  }
  setTimeout(() => { button.textContent = label; }, 2000);
}

// Buttons that need this script are shown by it.
function ready(root) {
  for (const button of root.querySelectorAll("[data-copy]")) {
    button.hidden = false;
    button.onclick = () => copy(button, document.getElementById(button.dataset.copy).textContent.trim());
  }
  for (const button of root.querySelectorAll("[data-copy-link]")) {
    button.hidden = false;
    button.onclick = () => copy(button, document.getElementById(button.dataset.copyLink).href);
  }
}

if (form && answer) {
  const live = form.dataset.live === "yes";
  form.addEventListener("submit", event => {
    const action = event.submitter?.getAttribute("formaction") ?? form.getAttribute("action");
    if (action !== form.getAttribute("action")) return; // Another page is wanted.
    event.preventDefault();
    ask(action);
  });
  box.addEventListener("input", () => {
    file.value = "";
    clearTimeout(timer);
    if (live && box.value.trim().length > 2 && box.value.length <= LIVE_UP_TO) {
      timer = setTimeout(() => ask(form.getAttribute("action"), true), PAUSE);
    }
  });
  // Who comes back finds in the form what they left there, and below it what they were told.
  addEventListener("pageshow", () => {
    const left = file.files.length || box.value.trim().length > 2;
    if (left && !answer.querySelector(".answer, .problem")) ask(form.getAttribute("action"), true);
  });
  box.addEventListener("keydown", event => {
    if (event.key === "Enter" && (event.ctrlKey || event.metaKey)) form.requestSubmit();
  });
  file.addEventListener("change", () => { if (file.files.length) form.requestSubmit(); });
  for (const name of ["dragenter", "dragover"]) {
    document.addEventListener(name, event => {
      if (!event.dataTransfer?.types.includes("Files")) return;
      event.preventDefault();
      form.classList.add("dropping");
    });
  }
  document.addEventListener("dragleave", event => { if (!event.relatedTarget) form.classList.remove("dropping"); });
  document.addEventListener("drop", event => {
    form.classList.remove("dropping");
    if (!event.dataTransfer?.files.length) return;
    event.preventDefault();
    file.files = event.dataTransfer.files;
    file.dispatchEvent(new Event("change"));
  });
}

document.addEventListener("keydown", event => {
  const typing = event.target.closest("input, textarea, select");
  const target = box ?? document.getElementById("q");
  if (event.key === "/" && !typing && target && !event.ctrlKey && !event.metaKey && !event.altKey) {
    event.preventDefault();
    target.focus();
  }
});

// A notice is shown anew when something of it is chosen.
const preview = document.querySelector("form[data-preview]");
if (preview) {
  for (const choice of preview.querySelectorAll("select")) {
    choice.addEventListener("change", () => preview.requestSubmit(preview.querySelector(".primary")));
  }
}

// What is under way is looked at again, until what came of it stands there.
const LOOK = 500; // Milliseconds.
async function look(main) {
  const waiting = main.querySelector("[data-waiting]");
  if (!waiting) return;
  const bar = waiting.querySelector("progress"), words = waiting.querySelector("[data-progress]");
  try {
    const page = new DOMParser().parseFromString(await (await fetch(location.href)).text(), "text/html");
    const told = page.getElementById("main");
    const still = told.querySelector("[data-waiting]");
    if (still) {
      bar.value = still.querySelector("progress").value;
      words.textContent = still.querySelector("[data-progress]").textContent;
    } else {
      main.replaceChildren(...told.childNodes);
      document.title = page.title;
      ready(main);
      const title = main.querySelector("h1, h2");
      title.tabIndex = -1; // So that whoever listens hears it, and the next Tab leads into it.
      title.focus();
      return;
    }
  } catch {
    words.textContent = "The server does not answer at the moment; it is asked again.";
  }
  setTimeout(look, LOOK, main);
}

ready(document);
look(document.getElementById("main"));
