// The event form made nicer: the dates appear while you type, fields show when they matter.
const form = document.querySelector("form[data-dates]");
if (form) {
  const preview = document.getElementById("apercu");
  const repeat = form.elements.namedItem("repeat");
  const weekly = new Set(["weekly", "fortnightly"]);

  const tidy = () => {
    const allDay = form.elements.namedItem("all_day").checked;
    for (const name of ["start_time", "end_time"]) {
      form.elements.namedItem(name).closest(".field").hidden = allDay;
    }
    form.querySelector("[data-shown-by=repeat]").hidden = repeat.value === "" || repeat.value === "custom";
    form.querySelector(".weekdays").hidden = !weekly.has(repeat.value);
  };

  // One request at a time; the last thing typed wins.
  let timer = 0;
  let running = null;
  const refresh = async () => {
    running?.abort();
    running = new AbortController();
    const body = new FormData(form);
    body.set("do", "preview");
    try {
      const answer = await fetch(form.action, {
        method: "POST",
        body,
        headers: { "x-palabre-fragment": "dates" },
        signal: running.signal,
      });
      if (!answer.ok) return;
      const focused = preview.contains(document.activeElement) ? document.activeElement.value : null;
      preview.innerHTML = await answer.text();
      if (focused) preview.querySelector(`[value="${CSS.escape(focused)}"]`)?.focus();
    } catch (error) {
      if (error.name !== "AbortError") console.info("preview:", error.message);
    }
  };

  const about = new Set(["all_day", "start_date", "start_time", "end_date", "end_time", "zone",
    "repeat", "weekdays", "until", "count", "extra_date", "extra_time", "removed"]);
  form.addEventListener("input", (event) => {
    if (!about.has(event.target.name)) return;
    tidy();
    clearTimeout(timer);
    timer = setTimeout(refresh, 400);
  });

  // The first weekday is ticked for you, and a new row follows the last one.
  repeat.addEventListener("change", () => {
    const day = form.elements.namedItem("start_date").valueAsDate;
    const boxes = [...form.querySelectorAll("[name=weekdays]")];
    if (weekly.has(repeat.value) && day && !boxes.some((box) => box.checked)) {
      boxes[(day.getUTCDay() + 6) % 7].checked = true;
    }
  });
  form.querySelector(".extra-dates").addEventListener("change", (event) => {
    const row = event.target.closest("li");
    if (row.nextElementSibling || !event.target.value) return;
    const next = row.cloneNode(true);
    for (const input of next.querySelectorAll("input")) input.value = "";
    row.after(next);
  });

  // The dates are always there to see; the button is for pages without JavaScript.
  form.querySelector("button[value=preview]").hidden = true;
  tidy();
}
