import { existsSync, readdirSync, readFileSync } from "node:fs";
import { Buzzer, type BuzzerOptions } from "@visionvend/drivers/buzzer";
import { subject as buzzer } from "@visionvend/drivers/buzzer/conformance";
import { SSD1306, type SSD1306Options } from "@visionvend/drivers/ssd1306";
import { subject as display } from "@visionvend/drivers/ssd1306/conformance";
import type { DriverSubject } from "@visionvend/sdk/conformance/driver-subject";
import { expect, test } from "vitest";
import { xs } from "../../test/simulated-device.ts";
import { conformanceTable } from "./conformance-table.ts";
import { type Part, parts } from "./parts.ts";
import { type Conformance, conformanceHosts, runConformance } from "./run-conformance.ts";
import { solder as solderDisplay } from "./ssd1306.ts";

/** Plain TypeScript for Node: they take no IO of the board, and have tests of their own. */
const notOnBoards = ["hid-barcode-reader", "hid-scale"];

test("every driver of the house is under test", () => {
	const drivers = new URL("../../../drivers/", import.meta.url);
	const folders = readdirSync(drivers).filter((name) => existsSync(new URL(`${name}/wiring.json`, drivers)));
	expect(parts.map(({ subject }) => subject.part).sort()).toEqual(
		folders.filter((name) => !notOnBoards.includes(name)).sort(),
	);
});

const hosts = conformanceHosts.filter((host) => host !== "xs" || xs.ok);

test.each(parts.map((part) => [part.subject.part, part] as const))(
	"%s keeps every rule on every host",
	(_name, part) => {
		for (const host of hosts) expect(runConformance(part, host, xs.ok ? xs : undefined).failures, host).toEqual([]);
	},
);

test.skipIf(!xs.ok)(
	"the table in the docs is what the suite says (renew: npm run conformance -- --write docs/conformance.md)",
	() => {
		const results: Conformance[] = parts.flatMap((part) =>
			conformanceHosts.map((host) => runConformance(part, host, xs.ok ? xs : undefined)),
		);
		const page = readFileSync(new URL("../../../docs/conformance.md", import.meta.url), "utf8");
		expect(page).toContain(conformanceTable(results));
	},
);

/** A buzzer with one thing done wrong. */
function spoilt(change: Partial<DriverSubject>): Part {
	return { subject: { ...buzzer, ...change }, solder: () => undefined };
}

class Careless extends Buzzer {
	constructor(options: BuzzerOptions) {
		// Takes a pin before it has looked at the options.
		if (options) new options.output.io({ ...options.output });
		super(options);
	}
}
class Leaky extends Buzzer {
	override close(): void {
		// Keeps its pin.
	}
}
class Stumbling extends Buzzer {
	constructor(options: BuzzerOptions & { readonly melody?: readonly number[] }) {
		options.melody?.map((hz) => hz);
		super(options);
	}
}
class Undead extends Buzzer {
	override close(): void {
		super.close();
	}
	override beep(): void {
		// Does not mind that it is closed.
	}
}
class Restless extends Buzzer {
	override silence(): void {
		for (;;) super.silence();
	}
}
class Rash extends Buzzer {
	readonly #onDone: (() => void) | undefined;
	constructor(options: BuzzerOptions & { readonly onDone?: () => void }) {
		super(options);
		this.#onDone = options.onDone;
	}
	override silence(): void {
		super.silence();
		this.#onDone?.();
	}
}
class Generous extends Buzzer {
	readonly #own = { hz: 1 };
	override get configuration(): { readonly hz: number } {
		return this.#own;
	}
}
class Anonymous extends Buzzer {
	override get identification() {
		return Object.assign(super.identification, { model: "" });
	}
}
class Stubborn extends SSD1306 {
	constructor(options: SSD1306Options) {
		super({ ...options, display: { ...options.display, hz: 400_000 } });
	}
}

const bad: readonly (readonly [what: string, rule: RegExp, part: Part])[] = [
	[
		"takes a pin too early",
		/before a pin is taken/,
		spoilt({ open: (options) => Reflect.construct(Careless, [options]) }),
	],
	["keeps its pin", /gives every pin back/, spoilt({ open: (options) => Reflect.construct(Leaky, [options]) })],
	["works after close", /every method throws/, spoilt({ open: (options) => Reflect.construct(Undead, [options]) })],
	["never comes to an end", /Every call ends/, spoilt({ open: (options) => Reflect.construct(Restless, [options]) })],
	[
		"calls back from a method",
		/No callback runs inside/,
		spoilt({
			options: (host) => ({ ...buzzer.options(host), onDone: () => undefined }),
			open: (options) => Reflect.construct(Rash, [options]),
		}),
	],
	[
		"calls back what a method was given, inside that method",
		/No callback runs inside/,
		spoilt({ use: (_driver, callback) => [() => callback?.()] }),
	],
	[
		"gives its own object away",
		/configure changes/,
		spoilt({ open: (options) => Reflect.construct(Generous, [options]) }),
	],
	[
		"goes on sounding after close",
		/what was on is off/,
		spoilt({
			options: (host) => {
				class Deaf extends host.io.PWM {
					override write(duty: number): void {
						if (duty !== 0) super.write(duty);
					}
				}
				return { ...buzzer.options(host), output: { io: Deaf, pin: 47 } };
			},
		}),
	],
	["has no name", /identification names/, spoilt({ open: (options) => Reflect.construct(Anonymous, [options]) })],
	[
		"knows better than the caller",
		/before the driver's own wish/,
		{
			subject: { ...display, open: (options) => Reflect.construct(Stubborn, [options]) },
			solder: solderDisplay,
		},
	],
	["takes bad options", /A bad option throws/, spoilt({ bad: [{ nothing: "wrong" }] })],
	[
		"stumbles over a bad option instead of looking at it",
		/A bad option throws/,
		spoilt({ open: (options) => Reflect.construct(Stumbling, [options]), bad: [{ melody: 7 }] }),
	],
];

test.each(bad)("a driver that %s breaks a rule", (_what, rule, part) => {
	const { failures } = runConformance(part, "node");
	expect(failures.map(({ title }) => title).join("\n")).toMatch(rule);
});
