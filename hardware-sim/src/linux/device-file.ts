import { HardwareError, type HardwareErrorKind } from "@visionvend/sdk/device/io/hardware-error";
import { errno } from "./kernel-abi.ts";

/** Memory that a system call reads or writes, with the pointers in it: `KernelMemory` of the Linux provider. */
export interface UserMemory {
	readonly bytes: Uint8Array;
	readonly pointers?: readonly { readonly offset: number; readonly target: UserMemory }[];
}

/** An open file of the simulated kernel. Calls answer `-errno` for failure; what is not there answers as for a wrong file. */
export interface DeviceFile {
	ioctl?(request: number, memory: UserMemory): number;
	read?(bytes: Uint8Array): number;
	write?(bytes: Uint8Array): number;
	/** Calls `listener` with events as `read` would give them, on the script lane. Returns the function that ends it. */
	watch?(listener: (events: Uint8Array) => void): () => void;
	close(): void;
}

export function viewOf(bytes: Uint8Array): DataView {
	return new DataView(bytes.buffer, bytes.byteOffset, bytes.byteLength);
}

/** What the pointer at `offset` leads to; `undefined` for a null pointer. */
export function follow(memory: UserMemory, offset: number): UserMemory | undefined {
	return memory.pointers?.find((pointer) => pointer.offset === offset)?.target;
}

const errnoOf: Readonly<Record<HardwareErrorKind, number>> = Object.freeze({
	"no-acknowledge": errno.EREMOTEIO,
	bus: errno.EIO,
	timeout: errno.EIO,
	closed: errno.EIO,
	"in-use": errno.EBUSY,
	"unexpected-device": errno.EIO,
	overrun: errno.EIO,
	range: errno.EINVAL,
});

/** Does something with the board and answers as the kernel's driver would. */
export function answering(work: () => number): number {
	try {
		return work();
	} catch (error) {
		if (error instanceof HardwareError) return -errnoOf[error.kind];
		throw error;
	}
}
