import { mkdirSync, readFileSync, rmSync, writeFileSync } from "node:fs";
import { join } from "node:path";

const pollMs = 100;
/** Polls after which a lock without an owner's name counts as abandoned: its owner died in the moment of taking it. */
const namelessPolls = 50;

/**
 * Runs `work` while holding the lock folder `path`. Whoever finds the lock taken waits, and returns what `finished`
 * says once there is something. A lock whose owner died is taken over.
 */
export function withBuildLock<Result>(path: string, finished: () => Result | undefined, work: () => Result): Result {
	for (let nameless = 0; ; ) {
		if (take(path)) {
			try {
				return finished() ?? work();
			} finally {
				rmSync(path, { recursive: true, force: true });
			}
		}
		pause();
		const result = finished();
		if (result !== undefined) return result;
		const owner = ownerOf(path);
		nameless = owner === undefined ? nameless + 1 : 0;
		const isAbandoned = owner === undefined ? nameless > namelessPolls : !isAlive(owner);
		if (isAbandoned) rmSync(path, { recursive: true, force: true });
	}
}

function take(path: string): boolean {
	try {
		mkdirSync(path); // Atomic: exactly one process succeeds.
	} catch (error) {
		if (error instanceof Error && "code" in error && error.code === "EEXIST") return false;
		throw error;
	}
	writeFileSync(join(path, "owner"), String(process.pid));
	return true;
}

function ownerOf(path: string): number | undefined {
	try {
		const owner = Number(readFileSync(join(path, "owner"), "utf8"));
		return owner > 0 ? owner : undefined;
	} catch {
		return undefined; // Being taken or released this very moment.
	}
}

function isAlive(owner: number): boolean {
	try {
		process.kill(owner, 0);
		return true;
	} catch (error) {
		return !(error instanceof Error && "code" in error && error.code === "ESRCH");
	}
}

/** Blocks this thread; a build is a synchronous step of a program's start. */
function pause(): void {
	Atomics.wait(new Int32Array(new SharedArrayBuffer(4)), 0, 0, pollMs);
}
