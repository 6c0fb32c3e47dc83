/** What a pin of a board can be used for. `adc`: it measures a voltage. */
export type PinAbility = "digital" | "adc" | "pwm" | "i2c" | "spi" | "uart";

/** One GPIO of a board. */
export interface BoardPin {
	readonly gpio: number;
	/** Where to put the wire: `J1-4` on a module's header, `32` on a Pi's. Absent where no wire can reach it. */
	readonly place?: string;
	/** Empty where the pin is not for use. */
	readonly can: readonly PinAbility[];
	/** What it does besides: `UART TXD`, `JTAG clock`. */
	readonly also?: string;
	/** Why it is not for use. Continues "pin 27 …". */
	readonly refused?: string;
}

export interface Board {
	/** Folder or file name: `visionvend_s3`. */
	readonly name: string;
	/** As its maker calls it. */
	readonly title: string;
	/** Every pin that can be named, by rising number. */
	readonly pins: readonly BoardPin[];
	/** Pins for use, the least encumbered first: what is offered instead of a bad one. */
	readonly preference: readonly number[];
	/** Said of a number that is not in `pins`. Continues "pin 99 …". */
	readonly absent: string;
	/** Said of a pin that cannot do what is wanted. Continues "pin 12 …". */
	readonly lacks: Readonly<Record<PinAbility, string>>;
}

/** One wire: which key of the configuration takes which pin. */
export interface PinUse {
	/** `pins.hall_sensor`, `pins.hx711_sck[2]`. */
	readonly key: string;
	readonly pin: number;
	/** `digital` where not given. */
	readonly needs?: PinAbility;
	/** One of the two wires of an I2C bus. Parts share both wires of a bus or neither. */
	readonly bus?: { readonly wire: "data" | "clock"; readonly part: string };
}

export interface PinProblem {
	readonly key: string;
	readonly pin: number;
	/** Continues "pin 27 …". */
	readonly reason: string;
	/** Pins that would do and that nothing takes, at most three. */
	readonly free: readonly number[];
}

/** Why a pin is not for use, or `undefined` when it is. Continues "pin 27 …". */
export function reasonAgainstPin(board: Board, gpio: number): string | undefined {
	const pin = board.pins.find((candidate) => candidate.gpio === gpio);
	return pin === undefined ? board.absent : pin.refused;
}

/** Checks all wires of one machine together. Empty when the map is legal. */
export function checkPins(board: Board, uses: readonly PinUse[]): PinProblem[] {
	const taken = new Set(uses.map((use) => use.pin));
	const problems: PinProblem[] = [];
	for (const [index, use] of uses.entries()) {
		const reason =
			reasonAgainstPin(board, use.pin) ??
			reasonAgainstUse(board, use) ??
			reasonBySharing(use, uses.slice(0, index), uses);
		if (reason === undefined) continue;
		const free = board.preference.filter((pin) => !taken.has(pin) && can(board, pin, use.needs));
		problems.push({ key: use.key, pin: use.pin, reason, free: free.slice(0, 3) });
	}
	return problems;
}

function can(board: Board, gpio: number, ability: PinAbility = "digital"): boolean {
	return board.pins.find((pin) => pin.gpio === gpio)?.can.includes(ability) === true;
}

function reasonAgainstUse(board: Board, use: PinUse): string | undefined {
	return can(board, use.pin, use.needs) ? undefined : board.lacks[use.needs ?? "digital"];
}

function reasonBySharing(use: PinUse, before: readonly PinUse[], all: readonly PinUse[]): string | undefined {
	const holder = before.find((other) => other.pin === use.pin);
	if (holder === undefined) return undefined;
	if (holder.bus === undefined || use.bus === undefined) return `is taken by ${holder.key} already`;
	if (holder.bus.wire !== use.bus.wire) return `is the ${holder.bus.wire} wire of ${holder.key} already`;
	const otherWire = (part: string): number | undefined =>
		all.find((other) => other.bus?.part === part && other.bus.wire !== use.bus?.wire)?.pin;
	if (otherWire(holder.bus.part) !== otherWire(use.bus.part))
		return `is shared with ${holder.key}, but the other wire of that bus is not`;
	return undefined;
}
