// Draws the columns of a table that are named beside it, and draws them anew when the page has new figures.
"use strict";

function draw(place) {
  const table = document.getElementById(place.dataset.table);
  const heads = [...table.tHead.rows[0].cells].map((cell) => cell.textContent);
  const columns = [0, ...place.dataset.plotted.split(" ").map(Number)];
  const rows = [...table.tBodies[0].rows].reverse();
  const value = (row, column) => {
    const found = row.cells[column].dataset.value;
    return found === undefined ? null : Number(found);
  };
  const data = columns.map((column) => rows.map((row) => value(row, column)));
  const colours = ["#1c7ed6", "#e8590c", "#2f9e44"];
  const ink = getComputedStyle(place).color;
  const axis = { stroke: ink, grid: { stroke: "#8884" }, ticks: { stroke: "#8884" } };
  const series = columns.map((column, at) => (at ? { label: heads[column], stroke: colours[at - 1], width: 2 } : { label: heads[0] }));
  // Times are the country's, as in the table, wherever the browser is.
  const tzDate = (at) => uPlot.tzDate(new Date(at * 1e3), place.dataset.zone);
  place.replaceChildren();
  new uPlot({ width: Math.max(280, place.clientWidth), height: 220, series, axes: [axis, axis], tzDate }, data, place);
}

function drawAll() {
  document.querySelectorAll(".plot").forEach(draw);
}

document.addEventListener("DOMContentLoaded", () => {
  drawAll();
  // Only the tables are put in anew, as children of this; a plot's own drawing goes on deeper inside.
  new MutationObserver(drawAll).observe(document.getElementById("board"), { childList: true });
  window.addEventListener("resize", drawAll);
  window.matchMedia("(prefers-color-scheme: dark)").addEventListener("change", drawAll);
});
