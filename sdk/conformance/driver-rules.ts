import type { ConformanceHost, ConformingDriver, DriverSubject } from "./driver-subject.ts";
import { HardwareWatch, watchedHost } from "./watched-host.ts";

/** A driver, and a watched host to open it on. */
interface Trial {
	readonly subject: DriverSubject;
	readonly host: ConformanceHost;
	readonly watch: HardwareWatch;
	/** How often a callback of the driver ran. */
	called: number;
	/** Everything that was opened: a rule that is broken must not keep the pins of the next. */
	readonly drivers: ConformingDriver[];
}

/** One promise that every driver keeps. `check` throws an Error that says how it was broken. */
interface Rule {
	readonly title: string;
	readonly check: (trial: Trial) => void;
}

/** A call that only looks at the hardware takes no more operations than this: a sample of an HX711 takes 80. */
const mostOperationsOfSample = 1_000;

const rules: readonly Rule[] = Object.freeze([
	{
		title: "Without options it throws, and takes no pin",
		check: ({ subject, watch }) => {
			mustThrow("no options", () => Reflect.apply(subject.open, subject, [undefined]), isBadOption);
			must(watch.opened === 0, "a pin was taken");
		},
	},
	{
		title: "A bad option throws a TypeError or a RangeError with the part's name first, before a pin is taken",
		check: ({ subject, host, watch }) => {
			must(subject.bad.length > 0, "there are no bad options to try");
			for (const change of subject.bad) {
				const what = `option ${Object.keys(change).join(", ")}`;
				mustThrow(what, () => subject.open({ ...subject.options(host), ...change }), isToldByName);
				must(watch.opened === 0, `${what}: a pin was taken`);
			}
		},
	},
	{
		title: "When a pin cannot be had, everything taken before is given back",
		check: (trial) => {
			const { subject, watch } = trial;
			open(trial).close();
			const instances = watch.opened;
			for (let number = 1; number <= instances; number += 1) {
				watch.opened = 0;
				watch.closed = 0;
				watch.failsAt = number;
				let driver: ConformingDriver | undefined;
				try {
					driver = open(trial);
				} catch {
					must(watch.opened === watch.closed, `${watch.opened - watch.closed} of ${watch.opened} stayed taken`);
				}
				// One that opens some of its IO later has to close all the same.
				driver?.close();
				must(watch.opened === watch.closed, `${subject.part} kept a pin after it could not have number ${number}`);
			}
		},
	},
	{
		title: "What the caller says of the bus goes before the driver's own wish",
		check: (trial) => {
			const { subject, host, watch } = trial;
			const options: { [name: string]: unknown } = { ...subject.options(host) };
			for (const [name, connection] of Object.entries(options)) {
				if (!isConnection(connection) || connection.io !== host.io.I2C) continue;
				subject.open({ ...options, [name]: { ...connection, hz: 100_000 } }).close();
				must(watch.hertz === 100_000, `${name} runs at ${watch.hertz} Hz, not at the 100,000 that were asked for`);
			}
		},
	},
	{
		title: "No callback runs inside the constructor or a method",
		check: (trial) => {
			const driver = open(trial);
			const callback = (): void => {
				trial.called += 1;
			};
			for (const method of trial.subject.use(driver, callback)) method();
			driver.close();
			must(trial.called === 0, "a callback ran inside");
		},
	},
	{
		title: "A sample does not wait, and is a new object or undefined",
		check: (trial) => {
			const driver = open(trial);
			if (driver.sample !== undefined) {
				const before = trial.watch.operations;
				const first = driver.sample();
				const operations = trial.watch.operations - before;
				must(operations <= mostOperationsOfSample, `it took ${operations} operations`);
				const second = driver.sample();
				must(first === undefined || typeof first === "object", "it is no object");
				must(first === undefined || first !== second, "two samples are one object");
			}
			driver.close();
		},
	},
	{
		title: "Every call ends, whatever the wires say",
		check: (trial) => {
			const { watch, subject } = trial;
			for (const answers of ["low", "high", "nothing"] as const) {
				watch.answers = "truth";
				watch.operations = 0;
				const driver = open(trial);
				watch.answers = answers;
				for (const method of subject.use(driver)) endsSomehow(method);
				endsSomehow(() => driver.close());
				endsSomehow(() => open(trial).close());
			}
		},
	},
	{
		title: "configure changes what it is given and nothing else, and may be repeated",
		check: (trial) => {
			const driver = open(trial);
			const before = JSON.stringify(driver.configuration);
			driver.configure({});
			driver.configure({});
			must(JSON.stringify(driver.configuration) === before, "configure({}) changed something");
			const kept = driver.configuration;
			must(driver.configuration !== kept, "configuration gives its own object away");
			for (const change of trial.subject.repeats ?? []) {
				driver.configure(change);
				const once = JSON.stringify(driver.configuration);
				driver.configure(change);
				const members = Object.keys(change).join(", ");
				must(JSON.stringify(driver.configuration) === once, `configure twice with ${members} is not once`);
			}
			driver.close();
		},
	},
	{
		title: "close may be called twice, gives every pin back, and then every method throws",
		check: (trial) => {
			const { watch, subject } = trial;
			const driver = open(trial);
			driver.close();
			driver.close();
			must(watch.opened === watch.closed, `${watch.opened - watch.closed} of ${watch.opened} stayed taken`);
			for (const method of subject.use(driver)) mustThrow("after close a method", method, isClosed);
			open(trial).close();
		},
	},
	{
		title: "close leaves every output as it was at first: what was on is off",
		check: (trial) => {
			const { subject, watch } = trial;
			const methods = subject.use(open(trial)).length;
			trial.drivers.at(-1)?.close();
			// Each method alone: another one might take back what it did.
			for (let number = 0; number < methods; number += 1) {
				const driver = open(trial);
				endsSomehow(subject.use(driver)[number] ?? (() => undefined));
				driver.close();
				must(watch.restless === 0, `after method ${number} of its list, ${watch.restless} stayed on`);
			}
		},
	},
	{
		title: "Frozen options are accepted, and nothing of them is kept",
		check: (trial) => {
			const { subject, host } = trial;
			const options: { [name: string]: unknown } = { ...subject.options(host) };
			const driver = subject.open(freeze({ ...options }));
			const before = JSON.stringify(driver.configuration);
			driver.close();
			const loose = { ...options };
			const kept = subject.open(loose);
			for (const name of Object.keys(loose)) if (typeof loose[name] === "number") loose[name] = -1;
			must(JSON.stringify(kept.configuration) === before, "the driver looks at the caller's object again");
			kept.close();
		},
	},
	{
		title: "identification names the model and its class",
		check: (trial) => {
			const driver = open(trial);
			const { model, classification } = driver.identification;
			must(model !== "" && /^[A-Z][A-Za-z]+$/.test(classification), `${model}, ${classification}`);
			driver.close();
		},
	},
] satisfies readonly Rule[]);

/** How a driver stands to one rule. */
export interface RuleResult {
	readonly title: string;
	/** What was broken; empty when the rule is kept. */
	readonly failure: string;
}

/** How many rules there are; they are numbered from 0. */
export function ruleCount(): number {
	return rules.length;
}

/** Tries one rule on a part that works. Takes and gives back the part's pins. */
export function checkRule(subject: DriverSubject, host: ConformanceHost, number: number): RuleResult {
	const rule = rules[number];
	if (rule === undefined) throw new RangeError(`There is no rule ${number}; the last is ${rules.length - 1}.`);
	const watch = new HardwareWatch();
	const trial: Trial = { subject, host: watchedHost(host, watch), watch, called: 0, drivers: [] };
	try {
		rule.check(trial);
	} catch (error) {
		return { title: rule.title, failure: error instanceof Error ? error.message : String(error) };
	} finally {
		watch.answers = "truth";
		watch.operations = 0;
		// How a broken driver ends is the matter of a rule of its own.
		for (const driver of trial.drivers) endsQuietly(driver);
	}
	return { title: rule.title, failure: "" };
}

/** Opens the driver with its callbacks under watch. */
function open(trial: Trial): ConformingDriver {
	const { subject, host } = trial;
	const options: { [name: string]: unknown } = { ...subject.options(host) };
	for (const name of Object.keys(options)) {
		if (!/^on[A-Z]/.test(name)) continue;
		options[name] = () => {
			trial.called += 1;
		};
	}
	const driver = subject.open(options);
	trial.drivers.push(driver);
	return driver;
}

function must(kept: boolean, failure: string): void {
	if (!kept) throw new Error(failure);
}

function mustThrow(what: string, run: () => unknown, isRight: (error: unknown) => boolean): void {
	try {
		run();
	} catch (error) {
		must(isRight(error), `${what} threw ${String(error)}`);
		return;
	}
	throw new Error(`${what} did not throw`);
}

function isBadOption(error: unknown): boolean {
	return error instanceof TypeError || error instanceof RangeError;
}

/** An accident in the driver is a TypeError too; only a check that somebody wrote begins with the part's name. */
function isToldByName(error: unknown): boolean {
	return isBadOption(error) && error instanceof Error && /^[A-Z][A-Za-z0-9]*: /.test(error.message);
}

function isClosed(error: unknown): boolean {
	return error instanceof Error && error.message.includes("closed");
}

/** A part that is broken may make a call fail; it must not make it last. */
function endsSomehow(run: () => unknown): void {
	try {
		run();
	} catch (error) {
		must(!String(error).includes("and no end"), String(error));
	}
}

function endsQuietly(driver: ConformingDriver): boolean {
	try {
		driver.close();
		return true;
	} catch {
		return false;
	}
}

function isConnection(value: unknown): value is { readonly io: unknown } {
	return typeof value === "object" && value !== null && "io" in value;
}

/** Freezes plain objects and lists, however deep. */
function freeze(value: object): object {
	for (const member of Object.values(value)) {
		if (typeof member !== "object" || member === null) continue;
		if (Array.isArray(member) || Object.getPrototypeOf(member) === Object.prototype) freeze(member);
	}
	return Object.freeze(value);
}
