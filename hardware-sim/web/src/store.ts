import type { PageLine, PageState, PageUpdate } from "../../src/serve/page-state.ts";

const linesKept = 400;

/** What the server has told so far. */
export interface Shown {
	readonly state: PageState | undefined;
	readonly lines: readonly PageLine[];
	readonly connected: boolean;
}

let shown: Shown = { state: undefined, lines: [], connected: false };
const listeners = new Set<(shown: Shown) => void>();

/** Hears what the page has to show, now and after every change. Returns the function that ends it. */
export function onShown(listener: (shown: Shown) => void): () => void {
	listeners.add(listener);
	listener(shown);
	return () => listeners.delete(listener);
}

function show(next: Shown): void {
	shown = next;
	for (const listener of listeners) listener(shown);
}

/** Connects to the server. The browser connects again by itself when the connection is lost. */
export function connect(): void {
	const source = new EventSource("/events");
	source.onopen = () => show({ ...shown, connected: true });
	source.onerror = () => show({ ...shown, connected: false });
	source.onmessage = ({ data }) => {
		const { fresh, state, lines }: PageUpdate = JSON.parse(String(data));
		const before = fresh ? [] : shown.lines;
		show({
			// The first update has every section, and every later one adds to it.
			state: { ...(fresh ? undefined : shown.state), ...state } as PageState,
			lines: lines.length === 0 ? before : keep([...before, ...lines]),
			connected: true,
		});
	};
}

/** The last lines of each log: one that is busy does not push the others out. */
function keep(lines: readonly PageLine[]): readonly PageLine[] {
	if (lines.length <= 3 * linesKept) return lines;
	const counts = { story: 0, wires: 0, messages: 0 };
	return [...lines]
		.reverse()
		.filter(({ log }) => ++counts[log] <= linesKept)
		.reverse();
}
