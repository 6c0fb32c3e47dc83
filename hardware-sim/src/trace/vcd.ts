import type { SimulationClock } from "../clock.ts";
import type { Net, NetLevel } from "../net.ts";

/** Characters of an identifier code: printable ASCII (IEEE 1364-2005, 18.2.1). */
const firstCode = 33;
const codeCount = 126 - firstCode + 1;

interface Variable {
	readonly code: string;
	readonly name: string;
	readonly initial: NetLevel;
}

/**
 * Records the edges of nets from the moment it is made, and writes them as a value change dump (IEEE 1364-2005,
 * clause 18) that GTKWave, PulseView and Surfer open. One unit of time is one nanosecond.
 */
export class VcdTrace {
	readonly #clock: SimulationClock;
	readonly #startAt: number;
	readonly #scope: string;
	readonly #edgeLimit: number;
	readonly #variables: Variable[] = [];
	readonly #times: number[] = [];
	readonly #changes: string[] = [];
	readonly #unwatch: (() => void)[] = [];
	#lost = 0;

	constructor(
		clock: SimulationClock,
		nets: Iterable<Net>,
		options: { readonly scope?: string; readonly edgeLimit?: number } = {},
	) {
		this.#clock = clock;
		this.#startAt = clock.now;
		this.#scope = identifier(options.scope ?? "board");
		this.#edgeLimit = options.edgeLimit ?? 5_000_000;
		const names = new Set<string>();
		for (const net of nets) {
			const code = codeOf(this.#variables.length);
			let name = identifier(net.name);
			for (let copy = 2; names.has(name); copy++) name = `${identifier(net.name)}_${copy}`;
			names.add(name);
			this.#variables.push({ code, name, initial: net.level });
			this.#unwatch.push(net.watch((level) => this.#record(level, code)));
		}
	}

	/** Edges after the limit, which are not in the text. */
	get lostEdges(): number {
		return this.#lost;
	}

	/** Stops recording. */
	close(): void {
		for (const unwatch of this.#unwatch) unwatch();
	}

	/** The dump up to now. */
	text(): string {
		const lines = [
			"$version VisionVend hardware-sim $end",
			"$timescale 1 ns $end",
			`$scope module ${this.#scope} $end`,
		];
		for (const { code, name } of this.#variables) lines.push(`$var wire 1 ${code} ${name} $end`);
		lines.push("$upscope $end", "$enddefinitions $end", `#${this.#startAt}`, "$dumpvars");
		for (const { code, initial } of this.#variables) lines.push(`${initial}${code}`);
		lines.push("$end");
		let at = this.#startAt;
		this.#times.forEach((time, index) => {
			if (time !== at) {
				at = time;
				lines.push(`#${time}`);
			}
			lines.push(this.#changes[index] ?? "");
		});
		// The last time stamp tells a viewer how long the silence after the last edge was.
		if (this.#clock.now !== at) lines.push(`#${this.#clock.now}`);
		return `${lines.join("\n")}\n`;
	}

	#record(level: NetLevel, code: string): void {
		if (this.#times.length >= this.#edgeLimit) {
			this.#lost++;
			return;
		}
		this.#times.push(this.#clock.now);
		this.#changes.push(`${level}${code}`);
	}
}

function codeOf(index: number): string {
	let code = "";
	let rest = index;
	do {
		code += String.fromCharCode(firstCode + (rest % codeCount));
		rest = Math.floor(rest / codeCount) - 1;
	} while (rest >= 0);
	return code;
}

function identifier(name: string): string {
	const cleaned = name.replace(/[^A-Za-z0-9_$]+/g, "_");
	return /^[0-9$]/.test(cleaned) || cleaned === "" ? `_${cleaned}` : cleaned;
}
