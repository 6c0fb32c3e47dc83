import type { Stage } from "../scenario/stage.ts";
import { type Fault, FaultNotHere, fault, type Heal, wireOf } from "./fault.ts";

/** Parts on I2C, by name; there may be others at an address of the caller's choice. */
export const i2cAddresses: Readonly<Record<string, number>> = Object.freeze({ oled: 0x3c, tof: 0x29, nau7802: 0x2a });

/** The part does not acknowledge: its address, or the bytes after it. */
export function nack(part: string, what: "address" | "data"): Fault {
	return fault("bus", `${part}-nack-${what}`, `${part} does not acknowledge its ${what}`, ({ machine }) =>
		machine.board.interposeI2C((target, address) => {
			if (address !== addressOf(part)) return target;
			return {
				start: (read) => target.start(read) && what !== "address",
				write: (byte) => what !== "data" && target.write(byte),
				read: () => target.read(),
				stop: () => target.stop(),
			};
		}),
	);
}

/** Bits on their way to and from the part turn over, `permille` of the bytes. */
export function flippedBits(part: string, permille: number): Fault {
	return fault("bus", `${part}-flipped-bits`, `bits on their way to ${part} turn over`, ({ machine }, random) =>
		machine.board.interposeI2C((target, address) => {
			if (address !== addressOf(part)) return target;
			const flip = (byte: number) =>
				random.next() * 1_000 < permille ? byte ^ (1 << Math.floor(random.next() * 8)) : byte;
			return {
				start: (read) => target.start(read),
				write: (byte) => target.write(flip(byte)),
				read: () => flip(target.read()),
				stop: () => target.stop(),
			};
		}),
	);
}

/** Bytes on their way to the part get lost. */
export function lostBytes(part: string, permille: number): Fault {
	return fault("bus", `${part}-lost-bytes`, `bytes on their way to ${part} get lost`, ({ machine }, random) =>
		machine.board.interposeI2C((target, address) => {
			if (address !== addressOf(part)) return target;
			return {
				start: (read) => target.start(read),
				write: (byte) => random.next() * 1_000 < permille || target.write(byte),
				read: () => target.read(),
				stop: () => target.stop(),
			};
		}),
	);
}

/** A part hangs and holds SDA low: nobody can use the bus. */
export function stuckData(wire = "oled_sda"): Fault {
	return fault("bus", `${wire}-held-low`, `a part that hangs holds ${wire} low`, (stage) =>
		wireOf(stage, wire).distort(() => 0),
	);
}

/** Bits on the line between Pi and controller turn over, `permille` of the bytes. */
export function linkFlippedBits(permille: number): Fault {
	return fault("bus", "link-flipped-bits", "bits between Pi and controller turn over", (stage, random) =>
		changeBytes(stage, (bytes) =>
			bytes.map((byte) => (random.next() * 1_000 < permille ? byte ^ (1 << Math.floor(random.next() * 8)) : byte)),
		),
	);
}

/** Bytes on the line between Pi and controller get lost. */
export function linkLostBytes(permille: number): Fault {
	return fault("bus", "link-lost-bytes", "bytes between Pi and controller get lost", (stage, random) =>
		changeBytes(stage, (bytes) => bytes.filter(() => random.next() * 1_000 >= permille)),
	);
}

function changeBytes({ machine }: Stage, change: (bytes: Uint8Array) => Uint8Array): Heal {
	return machine.wire.disturb((_direction, bytes) => [{ bytes: change(bytes), delayNs: 0 }]);
}

/** The part answers every byte that is read from it upside down, its identification too. */
export function wrongAnswers(part: string): Fault {
	return fault("chip", `${part}-wrong-id`, `${part} answers as another part would`, ({ machine }) =>
		machine.board.interposeI2C((target, address) => {
			if (address !== addressOf(part)) return target;
			return {
				start: (read) => target.start(read),
				write: (byte) => target.write(byte),
				read: () => target.read() ^ 0xff,
				stop: () => target.stop(),
			};
		}),
	);
}

function addressOf(part: string): number {
	const address = i2cAddresses[part] ?? Number(part);
	if (!Number.isInteger(address))
		throw new FaultNotHere(`There is no part "${part}" on I2C. There are: ${Object.keys(i2cAddresses).join(", ")}.`);
	return address;
}
