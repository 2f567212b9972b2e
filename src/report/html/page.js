(function () {
  "use strict";
  var form = document.getElementById("filter");
  var items = Array.prototype.slice.call(document.querySelectorAll(".item"));
  var texts = new Map();
  function text(item) {
    if (!texts.has(item)) texts.set(item, item.textContent.toLowerCase());
    return texts.get(item);
  }
  function checked(name) {
    var boxes = form.querySelectorAll("input[name=" + name + "]");
    if (!boxes.length) return null;
    var on = new Set();
    boxes.forEach(function (box) { if (box.checked) on.add(box.value); });
    return on;
  }
  function apply() {
    var severities = checked("severity"), verdicts = checked("verdict");
    var wanted = form.elements.text.value.toLowerCase().trim();
    var shown = 0, all = 0;
    items.forEach(function (item) {
      var is = (!severities || severities.has(item.dataset.severity)) &&
        (!verdicts || verdicts.has(item.dataset.verdict)) && (!wanted || text(item).indexOf(wanted) >= 0);
      item.hidden = !is;
      if (/^f/.test(item.id)) { all += 1; shown += is ? 1 : 0; }
    });
    document.getElementById("shown").textContent = shown === all ? all + " shown" : shown + " of " + all + " shown";
  }
  var timer;
  form.addEventListener("input", function () { clearTimeout(timer); timer = setTimeout(apply, 120); });
  form.addEventListener("submit", function (event) { event.preventDefault(); apply(); });
  if (items.length > 1) { form.hidden = false; apply(); }

  document.querySelectorAll("pre.copy").forEach(function (pre) {
    var button = document.createElement("button");
    button.type = "button";
    button.textContent = "Copy";
    button.setAttribute("aria-label", "Copy to the clipboard");
    button.addEventListener("click", function () {
      var code = pre.querySelector("code");
      function done() { button.textContent = "Copied"; setTimeout(function () { button.textContent = "Copy"; }, 1500); }
      function select() {
        var range = document.createRange();
        range.selectNodeContents(code);
        getSelection().removeAllRanges();
        getSelection().addRange(range);
        if (document.execCommand("copy")) done();
      }
      if (navigator.clipboard) navigator.clipboard.writeText(code.textContent).then(done, select); else select();
    });
    pre.classList.add("can-copy");
    pre.appendChild(button);
  });

  function reveal() {
    var target = location.hash.length > 1 && document.getElementById(location.hash.slice(1));
    for (var at = target; at; at = at.parentElement) if (at.tagName === "DETAILS") at.open = true;
    if (target) { target.hidden = false; target.scrollIntoView(); }
  }
  addEventListener("hashchange", reveal);
  reveal();

  var closed = [];
  addEventListener("beforeprint", function () {
    closed = Array.prototype.slice.call(document.querySelectorAll(".card:not([open]),.finding:not([open]),.policy:not([open])"));
    if (closed.length < 2000) closed.forEach(function (d) { d.open = true; }); else closed = [];
  });
  addEventListener("afterprint", function () { closed.forEach(function (d) { d.open = false; }); });
})();
