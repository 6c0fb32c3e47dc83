import { type ChildProcess, execFileSync, spawn } from "node:child_process";
import { closeSync, mkdtempSync, openSync, readSync, rmSync, writeSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";

/** One message of the protocol in hardware-sim/xs-host: a letter, and bytes. */
export interface Frame {
	readonly type: string;
	/** A view that the next `receive` overwrites. */
	readonly body: Buffer;
}

const headerBytes = 5;

/**
 * A child process that speaks frames on two pipes, synchronously: `receive` blocks this thread until the child has
 * answered. The child ends when its pipe closes, so it never outlives this process, and waiting for it never keeps
 * the event loop alive.
 */
export class FrameProcess {
	readonly #child: ChildProcess;
	readonly #input: number;
	readonly #output: number;
	#received = Buffer.allocUnsafe(1 << 16);
	#start = 0;
	#end = 0;
	#sending = Buffer.allocUnsafe(1 << 12);
	#closed = false;

	constructor(path: string) {
		// Pipes of child_process are asynchronous on our side; named pipes that we open ourselves block.
		const directory = mkdtempSync(join(tmpdir(), "visionvend-xs-"));
		try {
			const [toChild, fromChild] = [join(directory, "in"), join(directory, "out")];
			execFileSync("mkfifo", [toChild, fromChild]);
			const childInput = openBothEnds(toChild);
			const childOutput = openBothEnds(fromChild);
			try {
				this.#child = spawn(path, [], { stdio: ["ignore", "ignore", "inherit", childInput.read, childOutput.write] });
			} finally {
				// Only the child may hold its ends: that is how its death becomes the end of the pipe.
				closeSync(childInput.read);
				closeSync(childOutput.write);
			}
			this.#output = childInput.write;
			this.#input = childOutput.read;
		} finally {
			rmSync(directory, { recursive: true, force: true });
		}
		this.#child.on("error", () => {
			// Not started or not killed: `receive` has seen the end of the pipe.
		});
		this.#child.unref();
	}

	/** False when the child has died. */
	send(type: string, ...parts: readonly Uint8Array[]): boolean {
		const frame = this.#frame(
			type,
			parts.reduce((sum, part) => sum + part.length, 0),
		);
		let offset = headerBytes;
		for (const part of parts) {
			frame.set(part, offset);
			offset += part.length;
		}
		return this.#write(frame);
	}

	/** `send` of one number: the frame that most answers are. */
	sendNumber(type: string, value: number): boolean {
		const frame = this.#frame(type, 8);
		frame.writeDoubleLE(value, headerBytes);
		return this.#write(frame);
	}

	/** Waits for the next frame; `undefined` when the child has died. */
	receive(): Frame | undefined {
		if (!this.#fill(headerBytes)) return undefined;
		const length = this.#received.readUInt32LE(this.#start) + 4;
		if (!this.#fill(length)) return undefined;
		const start = this.#start;
		this.#start += length;
		return {
			type: String.fromCharCode(this.#received[start + 4] ?? 0),
			body: this.#received.subarray(start + headerBytes, start + length),
		};
	}

	/** Kills the child. */
	close(): void {
		if (this.#closed) return;
		this.#closed = true;
		this.#child.kill("SIGKILL");
		closeSync(this.#input);
		closeSync(this.#output);
	}

	/** A frame of `length` bytes with its header written. */
	#frame(type: string, length: number): Buffer {
		if (this.#sending.length < headerBytes + length) this.#sending = Buffer.allocUnsafe(2 * (headerBytes + length));
		this.#sending.writeUInt32LE(length + 1, 0);
		this.#sending[4] = type.charCodeAt(0);
		return this.#sending.subarray(0, headerBytes + length);
	}

	#write(frame: Buffer): boolean {
		if (this.#closed) return false;
		let offset = 0;
		while (offset < frame.length) {
			try {
				offset += writeSync(this.#output, frame, offset);
			} catch (error) {
				if (codeOf(error) === "EPIPE") return false;
				if (codeOf(error) !== "EINTR") throw error;
			}
		}
		return true;
	}

	/** Reads until `length` bytes wait at `#start`. */
	#fill(length: number): boolean {
		if (this.#closed) return false;
		if (this.#start === this.#end) {
			this.#start = 0;
			this.#end = 0;
		}
		if (this.#start + length > this.#received.length) {
			const larger = length > this.#received.length ? Buffer.allocUnsafe(2 * length) : this.#received;
			this.#received.copy(larger, 0, this.#start, this.#end);
			this.#received = larger;
			this.#end -= this.#start;
			this.#start = 0;
		}
		while (this.#end - this.#start < length) {
			try {
				const count = readSync(this.#input, this.#received, this.#end, this.#received.length - this.#end, null);
				if (count === 0) return false;
				this.#end += count;
			} catch (error) {
				if (codeOf(error) !== "EINTR") throw error;
			}
		}
		return true;
	}
}

/** Opens a named pipe without waiting for a partner. */
function openBothEnds(path: string): { readonly read: number; readonly write: number } {
	const both = openSync(path, "r+");
	try {
		const read = openSync(path, "r");
		return { read, write: openSync(path, "w") };
	} finally {
		closeSync(both);
	}
}

function codeOf(error: unknown): unknown {
	return error instanceof Error && "code" in error ? error.code : undefined;
}
