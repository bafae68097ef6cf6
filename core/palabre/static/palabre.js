// What JavaScript makes nicer. Every page works without this file.

// Copy buttons: <button data-copy="id of an input" data-done="Copié" hidden>
for (const button of document.querySelectorAll("button[data-copy]")) {
  const source = document.getElementById(button.dataset.copy);
  if (!source || !navigator.clipboard) continue;
  const label = button.textContent;
  button.hidden = false;
  button.addEventListener("click", async () => {
    await navigator.clipboard.writeText(source.value);
    button.textContent = button.dataset.done;
    setTimeout(() => { button.textContent = label; }, 3000);
  });
}

// Fields shown to be copied select themselves.
for (const input of document.querySelectorAll(".copy input")) {
  input.addEventListener("focus", () => input.select());
}

// Menus close on Escape and on a click elsewhere.
const menus = document.querySelectorAll("details.menu");
document.addEventListener("keydown", (event) => {
  if (event.key !== "Escape") return;
  for (const menu of menus) {
    if (!menu.open) continue;
    menu.open = false;
    menu.querySelector("summary").focus();
  }
});
document.addEventListener("click", (event) => {
  for (const menu of menus) if (!menu.contains(event.target)) menu.open = false;
});

// Work under way: <… data-progress="its page"> is looked at every second, and left when it ends.
for (const box of document.querySelectorAll("[data-progress]")) {
  const look = async () => {
    try {
      const answer = await fetch(box.dataset.progress, { headers: { accept: "text/html" } });
      const page = new DOMParser().parseFromString(await answer.text(), "text/html");
      const now = page.querySelector("[data-progress]");
      if (answer.redirected) return location.assign(answer.url);
      if (!now) return location.reload();
      box.replaceChildren(...now.childNodes);
    } catch {
      // the site restarts, or the network is away: the work goes on, and so do we
    }
    setTimeout(look, 1000);
  };
  setTimeout(look, 1000);
}
