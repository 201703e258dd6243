// Plain HTML tables that sort by a button in each heading, copy as tab-separated text, and save as CSV.
import { copyText, download, el } from "./dom";

export interface Column<Row> {
  label: string;
  /** What sorts and what is copied. */
  value: (row: Row) => number | string;
  /** What is shown; the value itself if left out. */
  show?: (row: Row) => string | Node;
  note?: string;
  /** Numbers with words beside them, which may take several lines. */
  wrap?: boolean;
  /** Sentences, which are given room. */
  long?: boolean;
}

export interface TableOptions {
  caption: string;
  file: string;
  /** Rows shown before a button shows the rest. */
  most?: number;
  empty?: string;
}

const isNumber = <Row>(column: Column<Row>, rows: Row[]): boolean =>
  rows.length > 0 && typeof column.value(rows[0]) === "number";

export function makeTable<Row>(columns: Column<Row>[], rows: Row[], options: TableOptions): HTMLElement {
  const box = el("div", { class: "table" });
  if (!rows.length) {
    box.append(el("p", { class: "note" }, options.empty ?? `${options.caption}: none.`));
    return box;
  }
  let order = rows.slice();
  let all = false;
  const numeric = columns.map((column) => isNumber(column, rows));
  const body = el("tbody");
  const heads = columns.map((column, c) => {
    const button = el("button", { type: "button", title: `Sort by ${column.label}` }, column.label);
    const head = el("th", { scope: "col", class: numeric[c] && c > 0 ? "number" : "", "aria-sort": "none" }, button);
    if (column.note) button.title = column.note;
    button.addEventListener("click", () => {
      const up = head.getAttribute("aria-sort") === "descending" || (!numeric[c] && head.getAttribute("aria-sort") === "none");
      for (const other of heads) other.setAttribute("aria-sort", "none");
      head.setAttribute("aria-sort", up ? "ascending" : "descending");
      order = sorted(rows, column, up);
      fill();
    });
    return head;
  });
  const more = el("button", { type: "button", class: "quiet", click: () => ((all = !all), fill()) });
  const fill = (): void => {
    const shown = all || !options.most ? order : order.slice(0, options.most);
    body.replaceChildren(...shown.map((row) => makeRow(columns, numeric, row)));
    const hidden = options.most ? rows.length - options.most : 0;
    more.hidden = hidden <= 0;
    more.textContent = all ? "Show fewer" : `Show all ${rows.length}`;
  };
  const tell = el("span", { role: "status", class: "told" });
  const copy = el("button", {
    type: "button",
    class: "quiet",
    click: () => void copyText(toText(columns, order, "\t")).then(() => (tell.textContent = "copied")),
  }, "Copy");
  const save = el("button", {
    type: "button",
    class: "quiet",
    click: () => download(`${options.file}.csv`, toText(columns, order, ","), "text/csv"),
  }, "Save CSV");
  fill();
  box.append(
    el("div", { class: "scroll", tabindex: 0, role: "region", "aria-label": options.caption },
      el("table", {}, el("caption", {}, options.caption), el("thead", {}, el("tr", {}, ...heads)), body)),
    el("div", { class: "tools" }, more, copy, save, tell),
  );
  return box;
}

function makeRow<Row>(columns: Column<Row>[], numeric: boolean[], row: Row): HTMLTableRowElement {
  return el("tr", {}, ...columns.map((column, c) => {
    const shown = column.show ? column.show(row) : String(column.value(row));
    return c === 0
      ? el("th", { scope: "row", class: column.long ? "long" : null }, shown)
      : el("td", { class: numeric[c] ? (column.wrap ? "number wrap" : "number") : column.long ? "long" : "" }, shown);
  }));
}

function sorted<Row>(rows: Row[], column: Column<Row>, up: boolean): Row[] {
  const sign = up ? 1 : -1;
  return rows.slice().sort((a, b) => {
    const [x, y] = [column.value(a), column.value(b)];
    if (typeof x === "number" && typeof y === "number") {
      return (Number.isNaN(x) ? 1 : 0) - (Number.isNaN(y) ? 1 : 0) || sign * (x - y);
    }
    return sign * String(x).localeCompare(String(y));
  });
}

function toText<Row>(columns: Column<Row>[], rows: Row[], comma: string): string {
  const quote = (value: number | string): string => {
    const text = typeof value === "number" && Number.isNaN(value) ? "" : String(value);
    return comma === "," && /[",\n]/.test(text) ? `"${text.replaceAll('"', '""')}"` : text.replaceAll("\t", " ");
  };
  const lines = [columns.map((column) => quote(column.label)), ...rows.map((row) => columns.map((c) => quote(c.value(row))))];
  return lines.map((line) => line.join(comma)).join("\n") + "\n";
}
