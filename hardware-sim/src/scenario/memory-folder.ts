import { existsSync } from "node:fs";
import { tmpdir } from "node:os";

const sharedMemory = "/dev/shm";

/**
 * Where a simulated room has its disk: in memory, where the computer has such a folder. An fsync that nothing can
 * interrupt takes time and tests nothing. A `TMPDIR` that somebody has chosen goes first.
 */
export function memoryFolder(): string {
	return process.env.TMPDIR === undefined && existsSync(sharedMemory) ? sharedMemory : tmpdir();
}
