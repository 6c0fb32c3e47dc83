import type { PageState } from "../../src/serve/page-state.ts";
import type { Cabinet } from "./geometry.ts";
import { Oled } from "./oled.tsx";

/** The panel above the door: display, light, buzzer, bolt. */
export function Fascia({ geometry, state }: { readonly geometry: Cabinet; readonly state: PageState }) {
	const { fascia, compact } = geometry;
	const { machine, light, lock, buzzer, door, climate, coffee } = state;
	const color = `rgb(${light.red} ${light.green} ${light.blue})`;
	const isLit = light.red + light.green + light.blue > 0;
	return (
		<div
			class="fascia"
			style={{
				left: `${fascia.x}px`,
				top: `${fascia.y}px`,
				width: `${fascia.width}px`,
				height: `${fascia.height}px`,
			}}
		>
			<Oled display={state.display} scale={compact ? 1.5 : 2} />
			<ul class="signs">
				<li>
					<span
						class="led"
						style={isLit ? { background: color, boxShadow: `0 0 14px 3px ${color}` } : {}}
						data-color={isLit ? colorName(light) : "off"}
					/>
					<span class="sign">
						<b class="wide">Light</b> {isLit ? colorName(light) : "off"}
					</span>
				</li>
				{machine.kind === "fridge" && (
					<li>
						<BoltIcon released={lock.released} energised={lock.energised} />
						<span class="sign" data-bolt={lock.released ? "back" : "out"}>
							<b class="wide">Bolt</b> {lock.released ? "drawn back" : door.latched ? "holds the door" : "out"}
						</span>
					</li>
				)}
				<li>
					<span class={buzzer.sounds ? "buzzer sounds" : "buzzer"} />
					<span class="sign">
						<b class="wide">Buzzer</b> {buzzer.sounds ? "sounds" : "silent"}
					</span>
				</li>
				{coffee && (
					<li>
						<span class={coffee.heats ? "cold hot runs" : "cold"} />
						<span class="sign">
							<b>{coffee.boilerCelsius.toFixed(1)}&thinsp;°C</b> {coffee.heats ? "heating" : "boiler"}
						</span>
					</li>
				)}
				{climate && (
					<li>
						<span class={climate.compressorRuns ? "cold runs" : "cold"} />
						<span class="sign">
							<b>{climate.celsius.toFixed(1)}&thinsp;°C</b>{" "}
							{climate.defrosting ? "defrosting" : climate.compressorRuns ? "cooling" : "inside"}
						</span>
					</li>
				)}
			</ul>
		</div>
	);
}

function colorName({ red, green, blue }: PageState["light"]): string {
	if (red > green && red > blue) return "red";
	if (green > blue) return "green";
	return "blue";
}

/** A bolt in its strike plate, glowing coil included. */
function BoltIcon({ released, energised }: { readonly released: boolean; readonly energised: boolean }) {
	return (
		<svg class={energised ? "bolt energised" : "bolt"} viewBox="0 0 26 16" width="26" height="16" aria-hidden="true">
			<title>Bolt</title>
			<rect x="1" y="3" width="14" height="10" rx="2" class="bolt-body" />
			<rect class="bolt-pin" x={released ? 8 : 14} y="5.5" width="9" height="5" rx="1.4" />
			<path d="M22 1v14" class="bolt-plate" />
		</svg>
	);
}
