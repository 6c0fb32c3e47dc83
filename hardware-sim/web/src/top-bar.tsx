import type { PageState } from "../../src/serve/page-state.ts";
import { clock } from "./format.ts";
import { send } from "./send.ts";

const speeds = [
	{ speed: 0, label: "Pause", title: "Time stands still" },
	{ speed: 1, label: "× 1", title: "Real time: a second takes a second" },
	{ speed: 10, label: "× 10", title: "Ten seconds take a second" },
] as const;

const kinds = [
	{ kind: "fridge", name: "Fridge" },
	{ kind: "vending", name: "Vending" },
	{ kind: "coffee", name: "Coffee" },
] as const;

/** Whose fridge this is, what time it is there, and which one comes next. */
export function TopBar({ state, connected }: { readonly state: PageState; readonly connected: boolean }) {
	const { machine, time, controller } = state;
	return (
		<header class="top">
			<h1>
				<svg viewBox="0 0 24 24" width="24" height="24" aria-hidden="true">
					<title>VisionVend</title>
					<rect x="5" y="1.5" width="14" height="21" rx="3" class="logo-body" />
					<rect x="7.4" y="6.6" width="9.2" height="12.6" rx="1" class="logo-glass" />
					<path d="M7.4 13h9.2" class="logo-shelf" />
				</svg>
				<span class="wide">VisionVend</span>
				<select
					aria-label="Kind of machine"
					value={machine.kind}
					onChange={(event) => {
						const kind = kinds.find((known) => known.kind === event.currentTarget.value)?.kind;
						if (kind) void send({ do: "reset", seed: machine.seed, kind });
					}}
				>
					{kinds.map(({ kind, name }) => (
						<option key={kind} value={kind} selected={kind === machine.kind}>
							{name}
						</option>
					))}
				</select>
			</h1>
			<p class="facts">
				<span class={connected ? "link on" : "link"}>{connected ? "live" : "not connected"}</span>
				<span>
					firmware on {machine.engine === "xs" ? "XS, as on an ESP32-S3" : "Node"}
					{controller.slotsPermille !== undefined && `, ${Math.round(controller.slotsPermille / 10)} % of its slots`}
				</span>
				<span>seed {machine.seed}</span>
			</p>
			<div class="time">
				<time title="Since the machine was set up" data-at-ms={time.atMs}>
					{clock(time.atMs)}
				</time>
				<fieldset class="segments">
					<legend>Time</legend>
					{speeds.map(({ speed, label, title }) => (
						<label key={speed} title={title}>
							<input
								type="radio"
								name="speed"
								checked={time.speed === speed}
								onChange={() => void send({ do: "speed", speed })}
							/>
							<span>{label}</span>
						</label>
					))}
				</fieldset>
				<button
					type="button"
					class="quiet"
					title="Another fridge: other masses, other noise"
					onClick={() => void send({ do: "reset", seed: crypto.getRandomValues(new Uint32Array(1))[0] ?? 1 })}
				>
					New<span class="wide"> seed</span>
				</button>
			</div>
		</header>
	);
}
