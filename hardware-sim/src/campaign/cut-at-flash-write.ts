import type { Heal } from "../faults/fault.ts";
import { PowerCut } from "../flash/power-cut.ts";
import type { SeededRandom } from "../random.ts";
import type { MemoryStage } from "../scenario/memory-stage.ts";

/**
 * The power goes at one of the next writes to the flash. ESP-IDF's NVS then has the old value or the new one, never a
 * part of it (ESP-IDF Programming Guide, "Non-Volatile Storage Library").
 */
export function cutAtFlashWrite({ machine }: MemoryStage, random: SeededRandom): Heal {
	const { storage, board } = machine;
	let left = Math.floor(random.next() * 6);
	const { write } = storage;
	const restore = () => {
		storage.write = write;
	};
	storage.write = (key, value) => {
		if (!machine.running || left-- > 0) {
			write.call(storage, key, value);
			return;
		}
		restore();
		if (random.next() < 0.5) write.call(storage, key, value);
		board.clock.callback(() => machine.powerCut());
		throw new PowerCut(`the write of ${key}`);
	};
	return () => {
		restore();
		machine.powerUp("power-on");
	};
}
