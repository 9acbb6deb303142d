// The one cell of the matrix that the tab key leads to, moved with the arrow keys; and the cell that is pointed at.

export class MatrixCursor {
  #table;
  #body;
  #pointAt;
  #size = { rows: 0, columns: 0 };
  /** Where the cell is that the tab key leads to. */
  #at = { row: 0, column: 0 };

  /**
   * Cells are those of the body. `pointAt` is called with the cell that the pointer or the keyboard is on; with
   * undefined when they leave it, or the escape key is pressed.
   * @param {HTMLTableElement} table @param {HTMLTableSectionElement} body
   * @param {(cell: HTMLTableCellElement | undefined) => void} pointAt
   */
  constructor(table, body, pointAt) {
    this.#table = table;
    this.#body = body;
    this.#pointAt = pointAt;
    table.addEventListener("keydown", (event) => this.#press(event));
    table.addEventListener("focusin", (event) => this.#enter(event.target));
    table.addEventListener("focusout", () => pointAt(undefined));
    table.addEventListener("pointerover", (event) => this.#enter(event.target));
    table.addEventListener("pointerleave", () => pointAt(undefined));
  }

  /** Stays within so many rows and columns from now on. @param {number} rows @param {number} columns */
  resize(rows, columns) {
    this.#size = { rows, columns };
    this.#moveTo(this.#at);
  }

  #cell() {
    return this.#body.rows[this.#at.row]?.cells[this.#at.column + 1];
  }

  /** @param {{ row: number, column: number }} place */
  #moveTo({ row, column }) {
    const before = this.#table.querySelector("td[tabindex='0']");
    const { rows, columns } = this.#size;
    this.#at = {
      row: Math.max(0, Math.min(row, rows - 1)),
      column: Math.max(0, Math.min(column, columns - 1)),
    };
    const cell = this.#cell();
    if (before === cell) return;
    before?.setAttribute("tabindex", "-1");
    cell?.setAttribute("tabindex", "0");
  }

  /** @param {KeyboardEvent} event */
  #press(event) {
    const { row, column } = this.#at;
    const { rows, columns } = this.#size;
    /** @type {Record<string, { row: number, column: number }>} */
    const places = {
      ArrowLeft: { row, column: column - 1 },
      ArrowRight: { row, column: column + 1 },
      ArrowUp: { row: row - 1, column },
      ArrowDown: { row: row + 1, column },
      Home: { row: event.ctrlKey ? 0 : row, column: 0 },
      End: { row: event.ctrlKey ? rows - 1 : row, column: columns - 1 },
    };
    const place = places[event.key];
    if (place === undefined && event.key !== "Escape") return;
    event.preventDefault();
    if (place === undefined) this.#pointAt(undefined);
    else {
      this.#moveTo(place);
      this.#cell()?.focus();
    }
  }

  /** @param {EventTarget | null} target */
  #enter(target) {
    const cell = target instanceof Element ? target.closest("td") : null;
    const row = cell?.parentElement;
    const isBody = cell instanceof HTMLTableCellElement && this.#body.contains(cell);
    if (!isBody || !(row instanceof HTMLTableRowElement)) {
      this.#pointAt(undefined);
      return;
    }
    if (document.activeElement === cell) this.#moveTo({ row: row.sectionRowIndex, column: cell.cellIndex - 1 });
    this.#pointAt(cell);
  }
}
