/*
	Numbers of ioctl requests: include/uapi/asm-generic/ioctl.h. x86-64 and arm64 use the generic form.
	Bits 0-7 number, 8-15 type, 16-29 bytes of the argument, 30-31 direction.
*/

/** `_IOR`: the kernel writes the argument. */
export function readRequest(type: number, number: number, byteLength: number): number {
	return request(2, type, number, byteLength);
}

/** `_IOW`: the kernel reads the argument. */
export function writeRequest(type: number, number: number, byteLength: number): number {
	return request(1, type, number, byteLength);
}

/** `_IOWR`: the kernel reads the argument and writes the answer into it. */
export function exchangeRequest(type: number, number: number, byteLength: number): number {
	return request(3, type, number, byteLength);
}

function request(direction: number, type: number, number: number, byteLength: number): number {
	return ((direction << 30) | (byteLength << 16) | (type << 8) | number) >>> 0;
}
