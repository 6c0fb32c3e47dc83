import type { Heal } from "../faults/fault.ts";
import { PowerCut } from "../flash/power-cut.ts";
import type { SeededRandom } from "../random.ts";
import type { MemoryStage } from "../scenario/memory-stage.ts";

/** Some tens of milliseconds: an erase and a write of SPI flash. */
const writeNs = 25_000_000;

/**
 * The power goes at one of the next writes to the flash. ESP-IDF's NVS then has the old value or the new one, never a
 * part of it (ESP-IDF Programming Guide, "Non-Volatile Storage Library").
 */
export function cutAtFlashWrite({ machine }: MemoryStage, random: SeededRandom): Heal {
	const { storage, board } = machine;
	const { write } = storage;
	let left: number | undefined = Math.floor(random.next() ** 2 * 4);
	const mine: typeof write = (key, value) => {
		// A second fault of this kind may stand before or behind this one, so it only falls silent.
		if (left === undefined || !machine.running || left-- > 0) {
			write.call(storage, key, value);
			return;
		}
		left = undefined;
		// A page is erased and written while everything else goes on.
		board.clock.spend(writeNs);
		if (random.next() < 0.5) write.call(storage, key, value);
		board.clock.callback(() => machine.powerCut());
		throw new PowerCut(`the write of ${key}`);
	};
	storage.write = mine;
	return () => {
		left = undefined;
		if (storage.write === mine) storage.write = write;
		machine.powerUp("power-on");
	};
}
