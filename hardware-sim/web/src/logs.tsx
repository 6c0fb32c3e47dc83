import { useMemo, useState } from "preact/hooks";
import type { PageLine } from "../../src/serve/page-state.ts";
import { clock } from "./format.ts";

const tabs = [
	{ log: "story", name: "Story" },
	{ log: "wires", name: "Wires" },
	{ log: "messages", name: "Messages" },
] as const;
type Log = (typeof tabs)[number]["log"];

const shownLines = 160;

/** What happens, in three depths: for people, on the wires, on the broker. */
export function Logs({ lines }: { readonly lines: readonly PageLine[] }) {
	const [log, setLog] = useState<Log>("story");
	const [withScales, setWithScales] = useState(true);
	const [held, setHeld] = useState<readonly PageLine[] | undefined>();
	const source = held ?? lines;
	const list = useMemo(
		() =>
			source
				.filter((line) => line.log === log && (withScales || line.log !== "wires" || !line.name.startsWith("hx711")))
				.slice(-shownLines)
				.reverse(),
		[source, log, withScales],
	);
	return (
		<section class="card logs" aria-label="Traces">
			<header>
				<div role="tablist" aria-label="Trace">
					{tabs.map((tab) => (
						<button
							key={tab.log}
							type="button"
							role="tab"
							aria-selected={tab.log === log}
							aria-controls="log"
							onClick={() => setLog(tab.log)}
						>
							{tab.name}
						</button>
					))}
				</div>
				{log === "wires" && (
					<label class="check">
						<input type="checkbox" checked={withScales} onChange={() => setWithScales(!withScales)} />
						Scales
					</label>
				)}
				<button
					type="button"
					class="quiet"
					aria-pressed={held !== undefined}
					onClick={() => setHeld(held === undefined ? lines : undefined)}
				>
					{held === undefined ? "Pause" : "Go on"}
				</button>
			</header>
			{/* Newest first in the document and last on the screen: so the browser keeps the end in view. */}
			<div id="log" class="log" role="tabpanel" tabindex={0} aria-label={log}>
				<ol class={`lines ${log}`}>
					{list.map((line) => (
						<li key={line.number}>
							<time>{clock(line.atMs)}</time>
							<Line line={line} />
						</li>
					))}
					{list.length === 0 && <li class="hint">Nothing yet.</li>}
				</ol>
			</div>
		</section>
	);
}

function Line({ line }: { readonly line: PageLine }) {
	switch (line.log) {
		case "story":
			return (
				<>
					<b class={`room ${line.room}`}>{line.room}</b>
					<span>{line.text}</span>
				</>
			);
		case "wires":
			return (
				<>
					<b class={`bus ${line.bus}`}>{line.bus}</b>
					<span>
						<em>{line.name}</em> {line.what}
					</span>
				</>
			);
		case "messages":
			return (
				<span>
					<em>{line.topic.replace(/^devices\/[^/]+\//, "")}</em> <i>{line.bytes} B</i> {line.body}
				</span>
			);
	}
}
