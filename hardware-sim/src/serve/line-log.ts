import type { PageLine } from "./page-state.ts";

const linesKept = 600;

type WithoutNumber<Line> = Line extends PageLine ? Omit<Line, "number"> : never;
export type NewLine = WithoutNumber<PageLine>;

/** The last lines of the page's logs. Numbers go on rising when it is cleared. */
export class LineLog {
	#lines: PageLine[] = [];
	#count = 0;

	say(line: NewLine): void {
		this.#lines.push({ ...line, number: ++this.#count });
		if (this.#lines.length > 2 * linesKept) this.#lines.splice(0, linesKept);
	}

	/** The lines after the one of that number, oldest first; those that are too old are gone. */
	after(number: number): PageLine[] {
		return this.#lines.filter((line) => line.number > number);
	}

	clear(): void {
		this.#lines = [];
	}
}
