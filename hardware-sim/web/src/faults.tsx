import { useState } from "preact/hooks";
import type { PageFault, PageKind, PageState } from "../../src/serve/page-state.ts";
import { plural, words } from "./format.ts";
import { send } from "./send.ts";

/** What people ask for first, in their words. The rest is below, in the catalogue's. */
const first: readonly { readonly name: string; readonly label: string; readonly kind?: PageKind }[] = [
	{ name: "power-cut", label: "Power cut" },
	{ name: "controller-restart", label: "Restart" },
	{ name: "pi-killed", label: "Pi killed" },
	{ name: "broker-killed", label: "Broker killed" },
	{ name: "cloud-killed", label: "Cloud killed" },
	{ name: "link-partition", label: "Wire cut" },
	{ name: "link-loss", label: "Bad line" },
	{ name: "pi-network-loss", label: "Bad network" },
	{ name: "hx711_0-freeze", label: "Scale 1 dead", kind: "fridge" },
	{ name: "hand-on-shelf-0", label: "Hand on shelf 1", kind: "fridge" },
	{ name: "hall-detached", label: "Door sensor off", kind: "fridge" },
	{ name: "door-ajar", label: "Door ajar", kind: "fridge" },
	{ name: "lock_coil-open", label: "Coil wire broken", kind: "fridge" },
	{ name: "oled-reset", label: "Display resets" },
	{ name: "webhooks-late-and-twice", label: "Late webhooks" },
];

/** Things that break on a click, and are mended by another one. */
export function Faults({ state }: { readonly state: PageState }) {
	const [all, setAll] = useState(false);
	const known = new Map(state.machine.faults.map((fault) => [fault.name, fault]));
	const rest = state.machine.faults.filter(({ name }) => !first.some((shown) => shown.name === name));
	const layers = [...new Set(rest.map(({ layer }) => layer))];
	const count = state.faults.length;
	return (
		<section class="card faults" aria-labelledby="faults-title">
			<h2 id="faults-title">
				Break something <i>{count === 0 ? "all is sound" : `${plural(count, "fault")} now`}</i>
			</h2>
			<div class="fault-list">
				{first.map(({ name, label, kind = state.machine.kind }) => {
					const fault = kind === state.machine.kind ? known.get(name) : undefined;
					return fault && <FaultButton key={name} fault={fault} label={label} active={state.faults.includes(name)} />;
				})}
			</div>
			<details open={all} onToggle={(event) => setAll(event.currentTarget.open)}>
				<summary>All {state.machine.faults.length} faults</summary>
				{all &&
					layers.map((layer) => (
						<div key={layer} class="fault-layer">
							<h3>{layer}</h3>
							<div class="fault-list">
								{rest
									.filter((fault) => fault.layer === layer)
									.map((fault) => (
										<FaultButton
											key={fault.name}
											fault={fault}
											label={words(fault.name)}
											active={state.faults.includes(fault.name)}
										/>
									))}
							</div>
						</div>
					))}
			</details>
		</section>
	);
}

function FaultButton({
	fault,
	label,
	active,
}: {
	readonly fault: PageFault;
	readonly label: string;
	readonly active: boolean;
}) {
	const [flashes, setFlashes] = useState(0);
	return (
		<button
			type="button"
			class={active ? "fault active" : "fault"}
			aria-pressed={fault.momentary ? undefined : active}
			data-fault={fault.name}
			title={`${fault.summary}${fault.momentary ? "" : active ? " – click to mend" : ""}`}
			onClick={() => {
				if (fault.momentary) setFlashes(flashes + 1);
				void send({ do: "fault", name: fault.name });
			}}
		>
			{fault.momentary && flashes > 0 && <span key={flashes} class="flash" />}
			{label}
		</button>
	);
}
